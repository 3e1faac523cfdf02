// From the start of a process to its first token. The server is another process.
const [modules, tokenEndpoint] = process.argv.slice(2)
const { createTokenClient } = await import(`${modules}/service-token-client/dist/index.js`)
const tokens = createTokenClient({ tokenEndpoint, clientId: 'orders', clientSecret: 'secret' })
await tokens.getToken()
console.log(JSON.stringify(performance.now()))
await tokens.close()
