import { asymmetricAlgorithms } from '../../proof/signature-algorithms.ts'
import { checkedFields, kindOf, milliseconds, oneOf, stringList, wrong } from '../../wrong-option.ts'
import { type CheckedNonces, checkNonces, type NonceOptions } from './nonces.ts'
import { comparableUrl } from './proof-url.ts'

/** Which tokens count, and how their proofs are checked (RFC 9449). */
export interface DpopOptions {
  /** `'accepted'` takes tokens that are bound to a DPoP key beside others; `'required'` takes no others. */
  readonly tokens: 'accepted' | 'required'
  /** What proofs may be signed with: every asymmetric algorithm, if left out. Shared secrets are never taken. */
  readonly algorithms?: readonly string[]
  /** Milliseconds by which the time in a proof may differ from ours, either way; 60 seconds by default, 5 minutes at most. */
  readonly window?: number
  /** Demands a nonce of ours in each proof. */
  readonly nonces?: true | NonceOptions
}

/** The same, checked. */
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
    wrong('dpop.algorithms', 'holds one that is not asymmetric', `Give some of: ${asymmetricAlgorithms.join(', ')}.`)
  milliseconds('dpop.window', window, { least: 1, most: mostWindow })
  return {
    required: tokens === 'required',
    algorithms: usable,
    window,
    nonces: nonces === undefined ? undefined : checkNonces(nonces)
  }
}

const known = ['tokens', 'algorithms', 'window', 'nonces']

/** Without the slash at the end. @throws ClientConfigurationError */
export function checkExternalUrls(given: string | URL | readonly (string | URL)[] | undefined): readonly string[] {
  if (given === undefined) return []
  const urls = [given].flat()
  if (urls.length === 0) wrong('externalUrl', 'is an empty list', 'Give a URL, or leave it out.')
  return urls.map((url) => {
    const text = url instanceof URL ? url.href : url
    if (typeof text !== 'string' || comparableUrl(text) === undefined || /[?#]/.test(text))
      wrong(
        'externalUrl',
        'is not an http or https URL without a query',
        "Give it as clients write it: 'https://api.internal'."
      )
    return text.replace(/\/+$/, '')
  })
}
