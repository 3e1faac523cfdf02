import { settingOptions, settingsFor } from '../client-settings.ts'
import { command, UsageError } from '../command.ts'
import { examinationLines, progressOn } from '../doctor/examination-lines.ts'
import { examine } from '../doctor/examine.ts'

export const doctor = command({
  about:
    'Checks everything between this machine and a token, step by step: configuration, proxy, name look-up, connection, TLS, metadata, token request, answer, clock, signature, a call, and the refresh plan. Each finding says what was seen, why it matters, and what to do. The doctor asks for one token. If the server refuses the secret, it tries the secret in at most two other forms.',
  options: {
    ...settingOptions,
    call: { type: 'string', value: 'URL', about: 'Also call this URL of a service (GET) with the token.' }
  },
  examples: [
    { line: 'service-token doctor', about: 'Check the settings of a service, in its own environment' },
    {
      line: 'service-token doctor --issuer https://auth.internal --client-id orders --client-secret-file /run/secrets/orders --call https://users.internal/users/42',
      about: 'Check everything up to a call of another service'
    },
    {
      line: 'kubectl exec deploy/orders -- npx service-token doctor --json',
      about: 'Check a pod, and print the result for a program'
    }
  ],
  exitCodes: { 0: 'There are no findings.', 1: 'There are findings.', 2: 'Wrong usage.' },
  async run({ values, json, terminal, environment }) {
    const call = callUrl(values.call)
    const settings = await settingsFor({ values, terminal, environment })
    const progress = json ? { began() {}, ended() {} } : progressOn(terminal)
    const examination = await examine({ settings, environment, call }, progress)
    if (json) terminal.printJson(examination)
    else terminal.print(examinationLines(examination))
    return examination.findings.length === 0 ? 0 : 1
  }
})

function callUrl(given: string | undefined): URL | undefined {
  if (given === undefined) return undefined
  if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return new URL(given)
  throw new UsageError('--call needs an http or https URL, such as https://users.internal/users/42.')
}
