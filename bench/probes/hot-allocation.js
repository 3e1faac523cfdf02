// A warm token: bytes a call, the await's own included. Wants the flags of support/allocation.js.
import { bytesPerCall } from '../support/allocation.js'
import { hotLoops } from '../support/hot-loops.js'

const [name] = process.argv.slice(2)
const { loops, close } = await hotLoops(name)
for (const loop of Object.values(loops)) await loop(20_000)
console.log(JSON.stringify({ floor: await bytesPerCall(loops.floor), client: await bytesPerCall(loops.client) }))
await close()
