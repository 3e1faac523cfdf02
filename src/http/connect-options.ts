import type { SecureContext, SecureContextOptions, SecureVersion } from 'node:tls'
import { builtin } from '../builtin.ts'
import { ownMembers } from '../own-members.ts'
import { checkedFields, kindOf, wrong } from '../wrong-option.ts'

/** TLS of the client's own connections, in the words of `tls.connect()`. What is left out is as the platform has it. */
export interface ConnectOptions {
  /** PEM of the authorities to trust, instead of those of the platform. */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
  /** PEM of a certificate to present, and the chain up to where the server's trust begins. */
  readonly cert?: string | Buffer
  /** PEM of its private key. */
  readonly key?: string | Buffer
  /** PKCS #12: certificate and key in one. */
  readonly pfx?: string | Buffer
  /** Opens `key` or `pfx`. */
  readonly passphrase?: string
  readonly minVersion?: SecureVersion
  /** In OpenSSL's notation. */
  readonly ciphers?: string
  /** The result of `tls.createSecureContext()`, instead of all other options, for example for a key in a security module. */
  readonly secureContext?: SecureContext
}

const parts = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'minVersion', 'ciphers'] as const
const identity = ['cert', 'key', 'pfx', 'passphrase', 'secureContext'] as const

/** Checked and copied. Throws ClientConfigurationError that names the part at fault and shows nothing of it. */
export function checkedConnect(option: string, given: unknown): ConnectOptions | undefined {
  if (given === undefined) return undefined
  const own = checkedFields(option, given as object, [...parts, 'secureContext'])
  const connect = ownMembers(Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)))
  if (connect.secureContext === undefined) checkParts(option, connect)
  else checkSecureContext(option, connect)
  return connect
}

function checkSecureContext(option: string, connect: Record<string, unknown>): void {
  const other = parts.find((name) => name in connect)
  if (other !== undefined) {
    const remedy = 'Give it to tls.createSecureContext() instead.'
    wrong(`${option}.${other}`, 'cannot be combined with secureContext', remedy, 'ERR_CONFLICTING_OPTIONS')
  }
  const { secureContext } = connect
  const isContext = typeof secureContext === 'object' && secureContext !== null && 'context' in secureContext
  if (!isContext)
    wrong(`${option}.secureContext`, 'is not a SecureContext', 'Give what tls.createSecureContext() returns.')
}

function checkParts(option: string, connect: ConnectOptions): void {
  const { ca, cert, key, pfx, passphrase, minVersion, ciphers } = connect
  for (const [name, value] of Object.entries({ cert, key, pfx })) checkBytes(`${option}.${name}`, value)
  for (const [name, value] of Object.entries({ passphrase, minVersion, ciphers })) {
    if (value !== undefined && typeof value !== 'string')
      wrong(`${option}.${name}`, `must be a string, but is ${kindOf(value)}`, 'See ConnectOptions.')
  }
  if ((cert === undefined) !== (key === undefined))
    wrong(`${option}.${cert === undefined ? 'cert' : 'key'}`, 'is missing', 'Give cert and key together, as PEM.')
  if (ca !== undefined) checkAuthorities(`${option}.ca`, ca)
  if (minVersion !== undefined) tryOut(`${option}.minVersion`, { minVersion }, "Give 'TLSv1.2' or 'TLSv1.3'.")
  if (ciphers !== undefined) tryOut(`${option}.ciphers`, { ciphers }, "Give a list in OpenSSL's notation.")
  const secret = passphrase === undefined ? {} : { passphrase }
  if (cert !== undefined && key !== undefined) {
    const remedy = 'Give PEM, the key that belongs to the certificate, and its passphrase if it has one.'
    tryOut(`${option}.cert and key`, { cert, key, ...secret }, remedy)
  }
  if (pfx !== undefined) {
    const remedy = 'Give a PKCS #12 file as a Buffer, and its passphrase.'
    tryOut(`${option}.pfx`, { pfx, ...secret }, remedy)
  }
}

function checkBytes(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'string' || Buffer.isBuffer(value)) return
  wrong(option, `must be a string or a Buffer, but is ${kindOf(value)}`, 'Give the content of the file.')
}

/** `createSecureContext` ignores a text without a certificate, and would then trust nobody. */
function checkAuthorities(option: string, ca: NonNullable<ConnectOptions['ca']>): void {
  const remedy = 'Give the certificates of the authorities as PEM.'
  const given = [ca].flat()
  if (given.length === 0) wrong(option, 'is empty', remedy)
  const { X509Certificate } = builtin.crypto
  for (const one of given) {
    checkBytes(option, one)
    try {
      new X509Certificate(one)
    } catch {
      wrong(option, 'holds no certificate', remedy)
    }
  }
}

function tryOut(option: string, part: SecureContextOptions, remedy: string): void {
  const { createSecureContext } = builtin.tls
  try {
    createSecureContext(part)
  } catch (error) {
    // Its message can quote what was given; its code cannot.
    const { code = 'no code' } = error as NodeJS.ErrnoException
    wrong(option, `cannot be used (${code})`, remedy)
  }
}

/** The option by which connections present a certificate, if there is one. */
export function certificateOption(connect: ConnectOptions): string | undefined {
  return identity.find((name) => connect[name] !== undefined)
}
