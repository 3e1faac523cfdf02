interface Sent {
  readonly form: URLSearchParams
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
}

/** Shorter values of header fields are switches and numbers, and part of many words. */
const leastKey = 8

/** What of a token request must not be seen, should the server repeat it. */
export function confidentialIn({ form, headers }: Sent): string[] {
  const { authorization = '', ...others } = headers
  const fromForm = ['client_secret', 'client_assertion'].flatMap((name) => form.getAll(name))
  const keys = Object.values(others).filter((value) => value.length >= leastKey)
  return [...fromForm, ...credentialsIn(authorization), ...keys].filter((value) => value !== '')
}

/** The field as a whole, and the secret of a Basic one in both of the forms that servers decode (RFC 6749 §2.3.1). */
function credentialsIn(authorization: string): string[] {
  const [scheme = '', encoded = ''] = authorization.split(' ')
  if (scheme.toLowerCase() !== 'basic') return [encoded]
  const pair = Buffer.from(encoded, 'base64').toString()
  const secret = pair.slice(pair.indexOf(':') + 1)
  return [encoded, secret, formDecoded(secret)]
}

function formDecoded(text: string): string {
  return new URLSearchParams(`=${text}`).get('') ?? ''
}

const known = ['grant_type', 'scope', 'audience', 'resource', 'client_id', 'client_assertion_type']

/** What else a user has put into the request. It can be a secret too, and the granted scope can repeat it with good reason. */
export function furtherIn({ form, tokenEndpoint }: Pick<Sent, 'form'> & { readonly tokenEndpoint: string }): string[] {
  const fields = [...form].filter(([name]) => !known.includes(name))
  return [...fields, ...new URL(tokenEndpoint).searchParams]
    .map(([, value]) => value)
    .filter((value) => value.length >= leastKey)
}
