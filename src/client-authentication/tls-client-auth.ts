import type { KeyObject } from 'node:crypto'
import { builtin } from '../builtin.ts'
import type { ClientCertificate } from '../http/client-certificate.ts'
import { Secret } from '../token/secret.ts'
import { checkedFields, exclusive, nonEmptyString, wrong } from '../wrong-option.ts'
import type { ClientAuthentication } from './client-authentication.ts'
import { pairOfFiles } from './credential-file.ts'
import { credentialRing } from './credential-ring.ts'
import { type CredentialSource, configured, fixed } from './credential-source.ts'
import { ringAuthentication } from './ring-authentication.ts'
import { parsed, privateKey, thumbprintOf } from './signing-key.ts'

/** A certificate with its private key, as PEM or in two files. The files are read again before every token request. */
export type TlsClientAuthOptions = (
  | { readonly cert: string; readonly key: string | KeyObject }
  | { readonly certFile: string; readonly keyFile: string }
) & {
  /** PEM of the authorities to trust for the authorization server. The default is those of the platform. */
  readonly ca?: string
}

interface ComparableCertificate extends ClientCertificate {
  equals(other: ClientCertificate): boolean
}

const pemNames = ['cert', 'key'] as const
const fileNames = ['certFile', 'keyFile'] as const

/** `tls_client_auth`: the TLS connection uses a certificate from an authority that the server trusts (RFC 8705 §2.1). */
export function tlsClientAuth(options: TlsClientAuthOptions): ClientAuthentication {
  return byCertificate('tls_client_auth', 'tlsClientAuth options', options)
}

/** `self_signed_tls_client_auth`: the TLS connection uses a certificate that is registered for the client (RFC 8705 §2.2). */
export function selfSignedTlsClientAuth(options: TlsClientAuthOptions): ClientAuthentication {
  return byCertificate('self_signed_tls_client_auth', 'selfSignedTlsClientAuth options', options)
}

function byCertificate(method: string, where: string, given: TlsClientAuthOptions): ClientAuthentication {
  const options = checkedFields(where, given, [...pemNames, ...fileNames, 'ca'])
  return ringAuthentication(credentialRing([certificateSource(where, options)]), {
    method,
    mutualTls: { ca: checkedAuthorities(options.ca) },
    prove(draft, certificate) {
      draft.form.set('client_id', draft.clientId)
      draft.certificate = certificate
    }
  })
}

function certificateSource(where: string, options: TlsClientAuthOptions): CredentialSource<ComparableCertificate> {
  if ('cert' in options) {
    exclusive(where, options, 'cert', fileNames)
    const remedy = 'Give cert and key as PEM, and the key that belongs to the certificate.'
    return fixed(configured('The client certificate', remedy, () => clientCertificate(options.cert, options.key)))
  }
  if ('certFile' in options) {
    exclusive(where, options, 'certFile', pemNames)
    for (const name of fileNames) nonEmptyString(`${where}.${name}`, options[name], 'Give the path of a PEM file.')
    return pairOfFiles('the client certificate', options, clientCertificate)
  }
  const remedy = 'Give { cert, key } as PEM, or { certFile, keyFile }.'
  wrong('The client certificate', 'is missing', remedy, 'ERR_MISSING_OPTION')
}

function clientCertificate(cert: string, given: string | KeyObject): ComparableCertificate {
  const key = privateKey(given)
  const thumbprint = thumbprintOf(cert, key)
  const pem = new Secret(key.export({ type: 'pkcs8', format: 'pem' }).toString())
  return { cert, key: pem, thumbprint, equals: (other) => other.thumbprint === thumbprint }
}

function checkedAuthorities(ca: string | undefined): string | undefined {
  if (ca === undefined) return undefined
  const check = () => parsed(() => new builtin.crypto.X509Certificate(ca), 'holds no certificate')
  configured('ca', 'Give the certificates of the authorities as PEM.', check)
  return ca
}
