// What a proof costs the one who sends it: a warm dispatch over a dispatcher that does nothing, over one signature of node:crypto.

import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { createTokenClient } from '../../dist/index.js'
import { callEach } from '../support/loops.js'
import { ratio, takeTurns } from '../support/slices.js'
import { median } from '../support/statistics.js'
import { makeToken } from '../support/token.js'

const [alg, turns] = process.argv.slice(2)
const origin = 'https://users.internal'
const key = alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })

const server = createServer((_request, response) => {
  const answer = { access_token: makeToken({ serial: 1, life: 43_200 }), token_type: 'DPoP', expires_in: 43_200 }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const tokenEndpoint = `http://127.0.0.1:${server.address().port}/token`
const client = { tokenEndpoint, clientId: 'orders', clientSecret: 'secret' }
const tokens = createTokenClient({ ...client, dpop: { key: key.privateKey } })
await tokens.ready()

const handler = {
  onRequestStart() {},
  onResponseStart() {},
  onResponseData() {},
  onResponseEnd() {},
  onResponseError() {}
}
const dispatch = tokens.interceptor({ origins: [origin] })(() => true)
const send = () =>
  dispatch({ origin, path: '/users/42', method: 'GET', headers: { accept: 'application/json' } }, handler)
const input = Buffer.alloc(400, 'a')
const signature = () =>
  sign(alg === 'EdDSA' ? null : 'sha256', input, { key: key.privateKey, dsaEncoding: 'ieee-p1363' })

const loops = { dispatch: (count) => callEach(send, count), signature: (count) => callEach(signature, count) }
const times = await takeTurns(loops, { turns: Number(turns) })
const overSignature = ratio(times.dispatch, times.signature)
console.log(JSON.stringify({ microseconds: median(times.dispatch) / 1000, overSignature }))
await tokens.close()
server.close()
