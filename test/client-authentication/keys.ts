import { generateKeyPairSync, type KeyObject } from 'node:crypto'

/** Created once for all tests of a file, because RSA keys take long. */
export const keys = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  shortRsa: generateKeyPairSync('rsa', { modulusLength: 1024 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ec384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  secp256k1: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  ed25519: generateKeyPairSync('ed25519'),
  x25519: generateKeyPairSync('x25519')
}

export function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
