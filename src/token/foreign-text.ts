const longest = 200
export const redacted = '[redacted]'
/** A shorter secret is part of many words, so it is only compared as a whole. */
const leastPart = 4
/** Servers tell which secret was wrong by its beginning or its end. So many characters are much to know of it. */
const leastShare = 8

/**
 * Makes a text from outside safe for a message or an event: printable, at most 200 characters, and without anything that must not be
 * seen. `hidden` contains secrets and tokens. If the text repeats one of them or eight characters of it, or contains something that looks like a JWT,
 * it is not shown at all.
 */
export function foreignText(text: string, hidden: readonly string[] = []): string {
  const shown = printable(text)
  return repeats(text, hidden) || hidden.some((secret) => showsPart(shown, secret)) ? redacted : shown
}

function printable(text: string): string {
  return text.slice(0, longest).replace(/[^\x20-\x7e]/gu, '?')
}

/** As many members of a list as fit into 200 characters, but at least one. */
export function foreignList(members: readonly string[], hidden: readonly string[] = []): string[] {
  let room = longest
  return members
    .map((member) => (repeats(member, hidden) ? redacted : printable(member)))
    .filter((member, index) => {
      room -= member.length + 1
      return index === 0 || room >= 0
    })
}

/** The members of a granted scope. The server decides how long they are, so each of them is shortened. */
export function foreignScope(scope: readonly string[]): readonly string[] {
  return scope.every((member) => member.length <= longest) ? scope : scope.map((member) => member.slice(0, longest))
}

const jwt = /eyJ[\w-]{8,}\.[\w-]{8,}/

/** Whether a text contains one of the secrets: unchanged, encoded, or a part of it. */
export function repeats(text: string, hidden: readonly string[]): boolean {
  return jwt.test(text) || hidden.some((secret) => shows(text, secret))
}

function shows(text: string, secret: string): boolean {
  if (secret.length < leastPart) return text === secret
  return readingsOf(text).some((reading) => {
    if (reading.length >= leastShare && secret.toLowerCase().includes(reading)) return true
    return formsOf(secret).some((form) => reading.includes(form.toLowerCase()))
  })
}

function showsPart(text: string, secret: string): boolean {
  const whole = secret.toLowerCase()
  const reading = text.toLowerCase()
  return Array.from(reading.slice(leastShare - 1), (_, at) => reading.slice(at, at + leastShare)).some((part) =>
    whole.includes(part)
  )
}

/** As it is, and without percent-encoding, of which servers do more or less. The case of letters hides nothing. */
function readingsOf(text: string): string[] {
  const bytes = text.replace(/%[\da-f]{2}/gi, (byte) => String.fromCharCode(Number.parseInt(byte.slice(1), 16)))
  return [text, bytes, Buffer.from(bytes, 'latin1').toString()].map((reading) => reading.toLowerCase())
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const inForm = new URLSearchParams([['', secret]]).toString().slice(1)
  const inUri = encodeURIComponent(bytes.toString()) // by way of bytes, which have no half of a surrogate pair
  const inJson = JSON.stringify(secret).slice(1, -1)
  const inHtml = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const inBase64 = [bytes.toString('base64'), bytes.toString('base64url')].map((form) => form.replace(/=+$/, ''))
  return [secret, inForm, inUri, inJson, inHtml, inHtml.replaceAll('"', '&quot;'), bytes.toString('hex'), ...inBase64]
}
