import type { KeyObject } from 'node:crypto'
import { TokenClientError } from '../errors.ts'
import { signatureAlgorithm } from '../proof/signature-algorithms.ts'
import { isSignedBy } from '../proof/signature-check.ts'
import { isArrayBuffer, isBytes } from '../realm.ts'
import { kindOf } from '../wrong-option.ts'

/**
 * Signs bytes with a key outside this process: in a key service, an HSM or a TPM. The signature has the raw form of JWS
 * (RFC 7518 §3). For ES256 these are two numbers of 32 bytes each, and not the DER form that some services return.
 */
export type Sign = (bytes: Uint8Array) => Uint8Array | ArrayBuffer | Promise<Uint8Array | ArrayBuffer>

/** An RSA signature is as long as its key, at least 2048 bits. */
const leastRsaBytes = 256

/**
 * The signature of a signer, in base64url. Throws `ERR_SECRET_UNAVAILABLE` if the signer fails, returns something else, or signs with
 * a key that does not match the public key.
 */
export async function remoteSignature(sign: Sign, alg: string, input: string, publicKey?: KeyObject): Promise<string> {
  const given = await called(sign, Buffer.from(input))
  const signature = isArrayBuffer(given) ? new Uint8Array(given) : given
  if (!isBytes(signature))
    throw signerFailed(`returned ${kindOf(signature)}. Have it return the signature as a Uint8Array`)
  const { length } = signature
  const expected = signatureAlgorithm(alg)?.signatureBytes
  if (expected === undefined ? length >= leastRsaBytes : length === expected) {
    if (publicKey !== undefined && !isSignedBy(publicKey, alg, input, signature))
      throw signerFailed('signed with a key that does not fit publicKey. Check which key it uses, and alg')
    return Buffer.from(signature).toString('base64url')
  }
  const isDer = alg.startsWith('ES') && signature[0] === 0x30
  throw signerFailed(
    isDer
      ? `returned the DER form. JWS needs the raw form of ${expected} bytes (RFC 7518 §3.4): convert it`
      : `returned ${length} bytes, which is not the length of a signature by ${alg}. Check that its key and alg match`
  )
}

async function called(sign: Sign, bytes: Uint8Array): Promise<unknown> {
  try {
    return await sign(bytes)
  } catch (cause) {
    throw signerFailed(cause instanceof Error ? 'failed: see the cause' : 'failed', { transient: true, cause })
  }
}

function signerFailed(fault: string, { transient = false, cause }: { transient?: boolean; cause?: unknown } = {}) {
  return new TokenClientError('ERR_SECRET_UNAVAILABLE', `The sign function ${fault}.`, { transient, cause })
}
