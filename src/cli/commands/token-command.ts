import { type AccessToken, createTokenClient, type TokenClient } from 'service-token-client'
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
    url: {
      type: 'string',
      value: 'URL',
      about: 'With --header: the URL of the request. A DPoP token also needs a proof for it, which is printed too.'
    },
    method: { type: 'string', value: 'METHOD', about: 'The method of that request. The default is GET.' },
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
      line: 'service-token token --dpop --header --url https://users.internal/users/42 | curl -H @- https://users.internal/users/42',
      about: 'Call it with a token that is bound to a key, and the proof for this one request'
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
    const write = writerFor(values, json, environment)
    const options = await clientOptions({ values, terminal, environment })
    if (options.dpop !== undefined) checkBound(values)
    const client = createTokenClient(
      values.cache === true ? { ...options, ...(await tokenCache(environment)) } : options
    )
    try {
      terminal.print(await write(client))
      if (options.dpop === true && values.url === undefined) terminal.note(boundToNobody)
      return 0
    } finally {
      await client.close()
    }
  }
})

type Environment = Readonly<Record<string, string | undefined>>

/** Asks for the token and writes what is printed of it. */
type Writer = (client: TokenClient) => Promise<string>

interface Choice {
  readonly cache?: boolean
  readonly header?: boolean
  readonly url?: string
  readonly method?: string
  readonly output?: string
}

const boundToNobody =
  'The token is bound to a key that this command has made and forgotten, so no service accepts it. Use --dpop-key-file for a key of yours.'

/** A DPoP token is worth nothing without proofs (RFC 9449 §4). */
function checkBound({ cache, header, url, output }: Choice): void {
  if (header === true && url === undefined)
    throw new UsageError('A DPoP token needs a proof for each request. Give --url, and --method unless it is GET.')
  if (output !== undefined)
    throw new UsageError('kubectl sends no DPoP proof, so no server accepts such a token from it. Ask without DPoP.')
  if (cache === true)
    throw new UsageError('--cache stores no token that is bound to a key. Ask without one of the two.')
}

function writerFor(choice: Choice, json: boolean, environment: Environment): Writer {
  const { header, url, method, output } = choice
  if ([header === true, output !== undefined, json].filter(Boolean).length > 1)
    throw new UsageError('--header, --output and --json cannot be combined. Keep one of them.')
  if (output !== undefined && output !== 'exec-credential') throw new UsageError('--output must be exec-credential.')
  if (header !== true && (url ?? method) !== undefined) throw new UsageError('--url and --method belong to --header.')
  if (url !== undefined) return (client) => headerLines(client, url, method)
  if (method !== undefined) throw new UsageError('--method belongs to --url.')
  const form = formOf(choice, json, environment)
  return async (client) => form(await client.getToken())
}

function formOf({ header, output }: Choice, json: boolean, environment: Environment): (token: AccessToken) => string {
  if (output !== undefined) return (token) => execCredential(token, environment.KUBERNETES_EXEC_INFO)
  if (header === true) return (token) => `Authorization: ${token.authorization}`
  return json ? answer : (token) => token.value
}

async function headerLines(client: TokenClient, url: string, method = 'GET'): Promise<string> {
  if (!URL.canParse(url))
    throw new UsageError('--url must be a whole URL, for example https://users.internal/users/42.')
  const { authorization, dpop } = await client.headers({ method, url })
  return [`Authorization: ${authorization}`, ...(dpop === undefined ? [] : [`DPoP: ${dpop}`])].join('\n')
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
