const size = 914
const header = base64url({ alg: 'none', typ: 'at+jwt' })

/** A token of 914 bytes in the shape of a JWT, because some clients look inside. Nobody checks its signature here. */
export function makeToken({ serial, life }) {
  const payload = base64url({ iss: 'bench', sub: 'orders', jti: serial, exp: Math.floor(Date.now() / 1000) + life })
  return `${header}.${payload}.`.padEnd(size, 'x')
}

function base64url(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
