// From the start of a process to its first token: milliseconds, those of the processor, and the most memory. The server is another process.
const [name, tokenEndpoint] = process.argv.slice(2)
const { create } = await import(`../clients/${name}.js`)
const client = create({ tokenEndpoint })
const value = client.value(await client.token())
if (typeof value !== 'string' || value === '') throw new Error('No token came.')
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
console.log(
  JSON.stringify({
    milliseconds: performance.now(),
    processor: (userCPUTime + systemCPUTime) / 1000,
    mebibytes: maxRSS / 1024
  })
)
await client.close()
