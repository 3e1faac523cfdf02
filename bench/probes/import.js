// What a fresh process pays for an import: milliseconds, as the processor counts them, and MiB of resident memory.
const [href] = process.argv.slice(2)
const memory = process.memoryUsage.rss()
const before = process.cpuUsage()
await import(href)
const { user, system } = process.cpuUsage(before)
const mebibytes = (process.memoryUsage.rss() - memory) / 2 ** 20
console.log(JSON.stringify({ milliseconds: (user + system) / 1000, mebibytes }))
