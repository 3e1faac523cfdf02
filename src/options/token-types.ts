import { kindOf, wrong } from '../wrong-option.ts'

/** Token types that say that the token is used in another way than Bearer (RFC 9449 §5, RFC 8693 §2.2.1). */
const others: readonly string[] = ['dpop', 'mac', 'pop', 'n_a']

/** The names of token types that mean Bearer, in lower case, because RFC 6749 §5.1 ignores case. Throws ClientConfigurationError. */
export function tokenTypesOption(given: unknown): readonly string[] {
  if (given === undefined) return ['bearer']
  const remedy = "Give an array of names that the server uses for Bearer, like ['BearerToken']."
  if (!Array.isArray(given)) wrong('tokenTypes', `must be an array, but is ${kindOf(given)}`, remedy)
  const names = given.map((name: unknown) => {
    if (typeof name !== 'string' || name.trim() === '')
      wrong('tokenTypes', `has a member that is ${kindOf(name)}`, remedy)
    if (others.includes(name.toLowerCase())) wrong('tokenTypes', 'has a type in it that is another than Bearer', remedy)
    return name.toLowerCase()
  })
  return ['bearer', ...names]
}
