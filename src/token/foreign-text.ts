const longest = 200
export const redacted = '[redacted]'
/** A shorter secret is part of many words: it is only compared as a whole. */
const leastPart = 4

/**
 * What somebody else wrote, fit to stand in a message or an event: printable, at most 200 characters, and without what must not be
 * seen. `hidden` are secrets and tokens; a text that repeats one of them is not shown at all, nor is anything that looks like a JWT.
 */
export function foreignText(text: string, hidden: readonly string[] = []): string {
  return repeats(text, hidden) ? redacted : text.slice(0, longest).replace(/[^\x20-\x7e]/gu, '?')
}

/** As many members of a list as have room in 200 characters, one at least. */
export function foreignList(members: readonly string[], hidden: readonly string[] = []): string[] {
  let room = longest
  return members
    .map((member) => foreignText(member, hidden))
    .filter((member, index) => {
      room -= member.length + 1
      return index === 0 || room >= 0
    })
}

/** The members of a granted scope, which is as long as the server likes: each of them is cut. */
export function foreignScope(scope: readonly string[]): readonly string[] {
  return scope.every((member) => member.length <= longest) ? scope : scope.map((member) => member.slice(0, longest))
}

const jwt = /eyJ[\w-]{8,}\.[\w-]{8,}/

/** Whether a text shows one of the secrets, as it is, encoded, or in part. */
export function repeats(text: string, hidden: readonly string[]): boolean {
  return jwt.test(text) || hidden.some((secret) => shows(text, secret))
}

function shows(text: string, secret: string): boolean {
  if (secret.length < leastPart) return text === secret
  if (text.length >= 2 * leastPart && secret.includes(text)) return true
  return formsOf(secret).some((form) => text.includes(form))
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const inForm = new URLSearchParams([['', secret]]).toString().slice(1)
  const inUri = encodeURIComponent(bytes.toString()) // by way of bytes, which have no half of a surrogate pair
  const inJson = JSON.stringify(secret).slice(1, -1)
  const inBase64 = [bytes.toString('base64'), bytes.toString('base64url')].map((form) => form.replace(/=+$/, ''))
  return [secret, inForm, inUri, inJson, ...inBase64]
}
