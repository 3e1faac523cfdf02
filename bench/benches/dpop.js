import { probe } from '../support/probe.js'
import { atMost, rounded } from '../support/verdict.js'

export const title = 'The sending side of DPoP: a warm dispatch with a new proof, over one signature of node:crypto'

export async function run({ quick }) {
  const rows = []
  const verdicts = []
  for (const alg of ['ES256', 'EdDSA']) {
    const { microseconds, overSignature } = await probe('dpop', [alg, quick ? 10 : 40])
    rows.push([alg, `${rounded(microseconds)} µs`, `${rounded(overSignature)} ×`])
    verdicts.push(atMost(`${alg}, a dispatch with a proof`, microseconds, 100, ' µs'))
    verdicts.push(atMost(`${alg}, the same over the signature alone`, overSignature, 2, ' ×'))
  }
  return { columns: ['algorithm', 'a dispatch', 'over the signature'], rows, verdicts }
}
