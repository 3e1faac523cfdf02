import { builtin } from '../builtin.ts'
import { ownMembers } from '../own-members.ts'
import { exclusive, nonEmptyString, onlyKnown, wrong } from '../wrong-option.ts'
import { credentialFile, pairOfFiles } from './credential-file.ts'
import { type CredentialSource, configured, fixed, supplied } from './credential-source.ts'
import { type PrivateKeyMaterial, parsed, type SigningKey, type SigningKeyOptions, signingKey } from './signing-key.ts'

/**
 * The source of a private key: the key itself (PEM, JWK, KeyObject), a file with PEM or a JWK, the two files of a
 * certificate and its key, or a function that returns a key. Everything but the key itself is read again before every token request.
 */
export type PrivateKeySource =
  | PrivateKeyMaterial
  | { readonly file: string }
  | { readonly keyFile: string; readonly certFile: string }
  | (() => PrivateKeyMaterial | Promise<PrivateKeyMaterial>)

export function keySource(
  given: PrivateKeySource,
  options: SigningKeyOptions,
  option = 'key'
): CredentialSource<SigningKey> {
  if (typeof given === 'function') {
    return supplied(option, 'a private key as PEM, JWK or KeyObject', given, (key) => signingKey(key, options))
  }
  if (isMaterial(given)) {
    return fixed(configured(option, 'Give a private key as PEM, JWK or KeyObject.', () => signingKey(given, options)))
  }
  if (typeof given === 'object' && given !== null) {
    const own = ownMembers(given)
    if ('keyFile' in own) {
      onlyKnown(option, own, ['file', ...pairNames])
      exclusive(option, own, 'keyFile', ['file'])
      for (const name of pairNames) nonEmptyString(`${option}.${name}`, own[name], 'Give the path of a PEM file.')
      return pairOfFiles(option, own, (certificate, key) => signingKey(key, { ...options, certificate }))
    }
    if ('file' in own) {
      onlyKnown(option, own, ['file', ...pairNames])
      exclusive(option, own, 'file', pairNames)
      const path = nonEmptyString(`${option}.file`, own.file, 'Give the path of a file with PEM or a JWK.')
      return credentialFile(option, path, (bytes) => signingKey(materialIn(bytes), options))
    }
  }
  const remedy = 'Give PEM, a JWK, a KeyObject, { file }, { keyFile, certFile } or a function.'
  wrong(option, 'is not a private key', remedy, given === undefined ? 'ERR_MISSING_OPTION' : 'ERR_INVALID_OPTION')
}

const pairNames = ['keyFile', 'certFile'] as const

function isMaterial(given: PrivateKeySource): given is PrivateKeyMaterial {
  return (
    typeof given === 'string' ||
    given instanceof builtin.crypto.KeyObject ||
    (typeof given === 'object' && given !== null && Object.hasOwn(given, 'kty'))
  )
}

function materialIn(bytes: Buffer): PrivateKeyMaterial {
  const text = bytes.toString()
  return text.trimStart().startsWith('{') ? parsed(() => JSON.parse(text), 'holds no JWK') : text
}
