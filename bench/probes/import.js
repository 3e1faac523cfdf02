// What a fresh process pays for an import, in milliseconds and MiB of resident memory.
const [href] = process.argv.slice(2)
const memory = process.memoryUsage.rss()
const start = performance.now()
await import(href)
const milliseconds = performance.now() - start
console.log(JSON.stringify({ milliseconds, mebibytes: (process.memoryUsage.rss() - memory) / 2 ** 20 }))
