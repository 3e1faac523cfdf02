import { probe } from '../support/probe.js'
import { atMost, rounded } from '../support/verdict.js'

export const title = 'The receiving side: one token verified, in turns in one process'

const provenNames = {
  dpop: 'ours, known, with a new DPoP proof',
  bearer: 'ours, known, as Bearer beside it',
  signatureAlone: 'node:crypto, the signature of a proof alone'
}
const peers = ['jose', 'awsJwtVerify', 'fastJwt', 'expressOauth2JwtBearer']

export async function run({ quick }) {
  const rows = []
  const verdicts = []
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    const fresh = await probe('verify', [alg, quick ? 10 : 60, 'oursFresh', ...peers])
    for (const [name, { microseconds, overOurs }] of Object.entries(fresh))
      rows.push([alg, `${name}, never seen`, `${rounded(microseconds)} µs`, `${rounded(overOurs)} ×`])
    const overAws = 1 / fresh.awsJwtVerify.overOurs
    verdicts.push(atMost(`${alg}, never seen, over aws-jwt-verify`, overAws, alg === 'RS256' ? 1.3 : 1, ' ×'))
    verdicts.push(atMost(`${alg}, sixteen in flight over one`, fresh.oursTogether.overOurs, 1.1, ' ×'))
  }
  const known = await probe('verify', ['RS256', quick ? 20 : 100, 'ours', 'fastJwtCached'])
  for (const [name, { microseconds, overOurs }] of Object.entries(known))
    rows.push(['RS256', `${name}, known`, `${rounded(microseconds)} µs`, `${rounded(overOurs)} ×`])
  verdicts.push(atMost('a known token', known.ours.microseconds, 2, ' µs'))
  const proven = await probe('verify-dpop', [quick ? 10 : 40])
  for (const [name, { microseconds, overSignature }] of Object.entries(proven))
    rows.push([
      'ES256',
      `${provenNames[name]}`,
      `${rounded(microseconds)} µs`,
      `${rounded(overSignature)} × the signature`
    ])
  verdicts.push(
    atMost('a known token with a new proof, over the signature check', proven.dpop.overSignature, 1.5, ' ×')
  )
  const { bytes, worst } = await probe('verified-memory', [], ['--expose-gc'])
  rows.push(['', 'ours, memory of a kept token', `${rounded(bytes)} B`, ''])
  verdicts.push(atMost('memory of kept tokens that are made to take much of it', worst, 64, ' MiB'))
  return { columns: ['algorithm', 'verifier', 'a token', 'over ours'], rows, verdicts }
}
