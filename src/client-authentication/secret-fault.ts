import { kindOf } from '../wrong-option.ts'

/** What copying, mounting or wrong decoding adds to a secret. No authorization server issues such a secret. */
const faults: readonly [RegExp, string][] = [
  [/^$/, 'is empty'],
  [/^\s+$/, 'is only whitespace'],
  [/^\ufeff/, 'starts with a byte order mark (U+FEFF)'],
  [/[\r\n]$/, 'ends with a line break'],
  [/\0/, 'contains NUL (U+0000): was it read as UTF-16?'],
  [/\p{Cc}/u, 'contains a control character'],
  [/\p{Cs}/u, 'contains a lone surrogate'],
  [/\ufffd/, 'contains U+FFFD: it was decoded with the wrong encoding']
]

/** Why this cannot be a secret, as the rest of a sentence that does not contain it. `undefined` if it can be one. */
export function secretFault(secret: unknown): string | undefined {
  if (typeof secret !== 'string') return `is ${kindOf(secret)}, not a string`
  return faults.find(([pattern]) => pattern.test(secret))?.[1]
}
