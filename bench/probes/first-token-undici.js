// The same with undici alone, and no more than has to be sent.
const [modules, tokenEndpoint] = process.argv.slice(2)
const { Agent, request } = await import(`${modules}/undici/index.js`)
const dispatcher = new Agent()
const { body } = await request(tokenEndpoint, {
  dispatcher,
  method: 'POST',
  headers: {
    authorization: `Basic ${btoa('orders:secret')}`,
    'content-type': 'application/x-www-form-urlencoded'
  },
  body: 'grant_type=client_credentials'
})
const { access_token: token } = await body.json()
if (!token) throw new Error('No token came.')
console.log(JSON.stringify(performance.now()))
await dispatcher.close()
