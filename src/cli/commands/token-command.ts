import { type AccessToken, createTokenClient } from 'service-token-client'
import { tokenCache } from '../cached-tokens.ts'
import { clientOptions, settingOptions } from '../client-settings.ts'
import { command, UsageError } from '../command.ts'

export const token = command({
  about:
    'Gets an access token with the client credentials grant and prints it. A secret is never an argument. It comes from a file, from a variable or from standard input, or you type it without an echo.',
  options: {
    ...settingOptions,
    cache: {
      type: 'boolean',
      about: "Store the token encrypted in the user's cache directory, and use it again while it is good."
    },
    header: { type: 'boolean', about: 'Print the whole header line, as curl -H @- reads it.' },
    output: {
      type: 'string',
      value: 'FORM',
      about: 'The only FORM is exec-credential, which kubectl expects from a credential plugin.'
    }
  },
  examples: [
    {
      line: 'service-token token --header | curl -H @- https://users.internal/users/42',
      about: 'Call a service with a token of this client'
    },
    {
      line: 'pass show orders | service-token token --issuer https://auth.internal --client-id orders --client-secret-file -',
      about: 'Use a secret from a password manager'
    },
    {
      line: 'service-token token --config client.json --output exec-credential',
      about: 'Use it as the exec plugin of a kubeconfig'
    }
  ],
  exitCodes: {
    0: 'The token was printed.',
    1: 'There is no token. The message says why.',
    2: 'Wrong usage, or a setting that cannot work.'
  },
  async run({ values, json, terminal, environment }) {
    const print = printerFor(values, json, environment)
    const options = await clientOptions({ values, terminal, environment })
    const client = createTokenClient(
      values.cache === true ? { ...options, ...(await tokenCache(environment)) } : options
    )
    try {
      terminal.print(print(await client.getToken()))
      return 0
    } finally {
      await client.close()
    }
  }
})

type Printer = (token: AccessToken) => string

interface Choice {
  readonly header?: boolean
  readonly output?: string
}

function printerFor(
  { header, output }: Choice,
  json: boolean,
  environment: Readonly<Record<string, string | undefined>>
): Printer {
  if ([header === true, output !== undefined, json].filter(Boolean).length > 1)
    throw new UsageError('--header, --output and --json cannot be combined. Keep one of them.')
  if (output !== undefined && output !== 'exec-credential') throw new UsageError('--output must be exec-credential.')
  if (output !== undefined) return (token) => execCredential(token, environment.KUBERNETES_EXEC_INFO)
  if (header === true) return (token) => `Authorization: ${token.authorization}`
  return json ? answer : (token) => token.value
}

/** The token in the form of a token endpoint's answer (RFC 6749 §5.1), plus `expires_at`. */
function answer({ value, type, scope, expiresAt }: AccessToken): string {
  const fields = {
    access_token: value,
    token_type: type,
    expires_in: Math.max(0, Math.floor((expiresAt - Date.now()) / 1000)),
    expires_at: new Date(expiresAt).toISOString(),
    scope: scope.join(' ')
  }
  return JSON.stringify(fields, undefined, 2)
}

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'] as const

/** An ExecCredential in the version that kubectl asks for in `KUBERNETES_EXEC_INFO`. */
function execCredential({ value, expiresAt }: AccessToken, asked = ''): string {
  const apiVersion = versions.find((version) => asked.includes(`"${version}"`)) ?? versions[0]
  const status = { token: value, expirationTimestamp: new Date(expiresAt).toISOString() }
  return JSON.stringify({ apiVersion, kind: 'ExecCredential', status })
}
