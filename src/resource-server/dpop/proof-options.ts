import { asymmetricAlgorithms } from '../../proof/signature-algorithms.ts'
import { isUrl } from '../../realm.ts'
import { checkedFields, kindOf, milliseconds, oneOf, stringList, wrong } from '../../wrong-option.ts'
import { type CheckedNonces, checkNonces, type NonceOptions } from './nonces.ts'
import { comparableUrl } from './proof-url.ts'

/** Which tokens are accepted, and how their proofs are checked (RFC 9449). */
export interface DpopOptions {
  /** `'accepted'` accepts tokens that are bound to a DPoP key beside other tokens. `'required'` accepts no others. */
  readonly tokens: 'accepted' | 'required'
  /** The algorithms that proofs may use. The default is all asymmetric ones. Shared secrets are never accepted. */
  readonly algorithms?: readonly string[]
  /** By how many milliseconds the time in a proof may differ from ours, in both directions. The default is 60 seconds, and the maximum is 5 minutes. */
  readonly window?: number
  /** Requires a nonce of this service in each proof. */
  readonly nonces?: true | NonceOptions
}

/** The checked options. */
export interface CheckedDpop {
  readonly required: boolean
  readonly algorithms: readonly string[]
  readonly window: number
  readonly nonces: CheckedNonces | undefined
}

const mostWindow = 5 * 60_000
const remedy = "Give 'accepted' or 'required', or an object with `tokens`."

/** @throws ClientConfigurationError */
export function checkDpop(given: 'accepted' | 'required' | DpopOptions): CheckedDpop {
  if (typeof given !== 'string' && (typeof given !== 'object' || given === null))
    wrong('dpop', `must be a string or an object, but is ${kindOf(given)}`, remedy)
  const options: DpopOptions = typeof given === 'string' ? { tokens: given } : given
  const { tokens, algorithms = asymmetricAlgorithms, window = 60_000, nonces } = checkedFields('dpop', options, known)
  oneOf(typeof given === 'string' ? 'dpop' : 'dpop.tokens', tokens, ['accepted', 'required'])
  const usable = stringList('dpop.algorithms', algorithms)
  if (!usable.every((algorithm) => asymmetricAlgorithms.some((name) => name === algorithm)))
    wrong('dpop.algorithms', 'contains one that is not asymmetric', `Give some of: ${asymmetricAlgorithms.join(', ')}.`)
  milliseconds('dpop.window', window, { least: 1, most: mostWindow })
  return {
    required: tokens === 'required',
    algorithms: usable,
    window,
    nonces: nonces === undefined ? undefined : checkNonces(nonces)
  }
}

const known = ['tokens', 'algorithms', 'window', 'nonces']

/** Returns the URLs without a slash at the end. @throws ClientConfigurationError */
export function checkExternalUrls(given: string | URL | readonly (string | URL)[] | undefined): readonly string[] {
  if (given === undefined) return []
  const urls = [given].flat()
  if (urls.length === 0) wrong('externalUrl', 'is an empty list', 'Give a URL, or leave it out.')
  return urls.map((url) => {
    const text = isUrl(url) ? url.href : url
    if (typeof text !== 'string' || comparableUrl(text) === undefined || /[?#]/.test(text))
      wrong(
        'externalUrl',
        'is not an http or https URL without a query',
        "Give the URL that clients use, such as 'https://api.internal'."
      )
    return text.replace(/\/+$/, '')
  })
}
