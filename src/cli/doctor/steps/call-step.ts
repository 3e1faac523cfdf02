import { type AccessToken, TokenClientError } from 'service-token-client'
import { printable } from '../../printed-words.ts'
import { type Finding, finding } from '../finding.ts'
import type { Outcome } from '../step.ts'
import type { Visit } from '../visit.ts'

/** Calls a service with the token, as `createFetch` does. */
export async function callService({ client, token }: Visit, url: URL): Promise<Outcome> {
  try {
    const call = client.createFetch({ origins: [url.origin] })
    const response = await call(url, { redirect: 'manual', signal: AbortSignal.timeout(10_000) })
    await response.body?.cancel()
    const found = faultOf(url, response, token?.type)
    return found === undefined
      ? { summary: `answered ${response.status}`, fact: true }
      : { summary: '', findings: [found] }
  } catch (error) {
    if (error instanceof TokenClientError && error.code === 'ERR_INSECURE_ORIGIN')
      return { summary: '', findings: [finding('plain-http', error.message)] }
    return { summary: '', findings: [finding('call-failed', `No answer from ${url.host} (${codeOf(error)}).`)] }
  }
}

function faultOf(
  { host }: URL,
  { status, headers }: Response,
  type: AccessToken['type'] = 'Bearer'
): Finding | undefined {
  const challenge = headers.get('www-authenticate') ?? ''
  const scope = /\bscope="([^"]*)"/.exec(challenge)?.[1]
  if (status === 401 && type === 'Bearer' && /^DPoP\b(?!.*\bBearer\b)/i.test(challenge))
    return finding('call-demands-dpop', `${host} answers 401 and asks for DPoP.`)
  if (status === 401) return finding('call-token-refused', `${host} answers 401${wordOf(challenge)}.`)
  if (status === 403) {
    const needed = scope === undefined ? '' : ` It needs ${printable(scope.slice(0, 200))}.`
    return finding('call-scope-missing', `${host} answers 403${wordOf(challenge)}.${needed}`)
  }
  if (status >= 300 && status < 400) return finding('call-redirected', `${host} answers ${status}.`)
  return status >= 500 ? finding('call-failed', `${host} answers ${status}.`) : undefined
}

function wordOf(challenge: string): string {
  const [, word] = /\berror="([\w-]{1,100})"/.exec(challenge) ?? []
  return word === undefined ? '' : ` ${word}`
}

function codeOf(error: unknown): string {
  const { code, cause, name } = error as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException }
  return String(cause?.code ?? code ?? name)
}
