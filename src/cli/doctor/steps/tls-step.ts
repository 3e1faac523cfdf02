import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { printable, span } from '../../printed-words.ts'
import { type Finding, type FindingName, finding } from '../finding.ts'
import type { Outcome } from '../step.ts'
import type { Address } from './connection-step.ts'

const patience = 5000
const day = 24 * 60 * 60 * 1000
/** Automatic renewal happens weeks before the end. If less than this is left, it has probably stopped. */
const soon = 7 * day

/** Node's codes for faults of a certificate, which are OpenSSL's names of verification results. */
const faults: Readonly<Record<string, FindingName>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'authority-unknown',
  UNABLE_TO_GET_ISSUER_CERT: 'authority-unknown',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'authority-unknown',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'authority-unknown',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-wrong-name'
}

/** Checks the certificate of the server. This connection does not reject a bad certificate, because nothing is sent over it. */
export async function lookAtCertificate(address: Address, ca: string | undefined, now: number): Promise<Outcome> {
  const seen = await handshake(address, ca)
  if (typeof seen === 'string') {
    return {
      summary: '',
      findings: [finding('tls-failed', `There is no TLS connection to ${address.host} port ${address.port} (${seen}).`)]
    }
  }
  const { subject, issuer, endsAt, fault, protocol } = seen
  const left = endsAt < now ? `expired ${span(now - endsAt)} ago` : `${span(endsAt - now)} left`
  const summary = `${protocol}, certificate of ${subject} by ${issuer}, ${left}`
  const found = faultOf(fault, address.host, seen) ?? endsSoon(endsAt, now)
  return found === undefined
    ? { summary, fact: true }
    : { summary, findings: [found], ...(fault === undefined && { fact: true }) }
}

interface SeenCertificate {
  readonly subject: string
  readonly issuer: string
  readonly names: string
  /** Epoch ms. */
  readonly endsAt: number
  readonly protocol: string
  /** Node's code for the fault that makes a client refuse the certificate. */
  readonly fault: string | undefined
}

/** The certificate, or the code of the error if the handshake failed before there was one. */
function handshake({ host, port }: Address, ca: string | undefined): Promise<SeenCertificate | string> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca })
    })
    const end = (seen: SeenCertificate | string) => {
      socket.destroy()
      resolve(seen)
    }
    socket.setTimeout(patience, () => end('ETIMEDOUT'))
    socket.once('secureConnect', () => end(certificateOf(socket)))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'no code'))
    socket.once('close', () => end('ECONNRESET'))
  })
}

function certificateOf(socket: TLSSocket): SeenCertificate {
  const { subject, issuer, subjectaltname = '', valid_to } = socket.getPeerCertificate()
  return {
    subject: printable(subject?.CN ?? subjectaltname),
    issuer: printable(issuer?.CN ?? issuer?.O ?? 'nobody'),
    names: printable(subjectaltname),
    endsAt: Date.parse(valid_to),
    protocol: socket.getProtocol() ?? 'TLS',
    fault: socket.authorized ? undefined : String(socket.authorizationError)
  }
}

function faultOf(fault: string | undefined, host: string, { names, endsAt }: SeenCertificate): Finding | undefined {
  if (fault === undefined) return undefined
  const name = faults[fault] ?? 'authority-unknown'
  const details: Partial<Record<FindingName, string>> = {
    'certificate-wrong-name': `The certificate is for ${names || 'no name'}, not for ${host}.`,
    'certificate-expired': `The certificate of ${host}, or one that signed it, expired on ${new Date(endsAt).toISOString().slice(0, 10)}.`
  }
  return finding(name, details[name] ?? `The certificate of ${host} is not accepted (${fault}).`)
}

function endsSoon(endsAt: number, now: number): Finding | undefined {
  return endsAt - now > soon
    ? undefined
    : finding('certificate-ends-soon', `The certificate expires in ${span(endsAt - now)}.`)
}
