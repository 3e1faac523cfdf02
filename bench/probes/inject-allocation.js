// The interceptor with a warm token: bytes and promises a dispatch. Wants the flags of support/allocation.js.
import { createHook } from 'node:async_hooks'
import { bytesPerCall } from '../support/allocation.js'
import { injectLoops } from '../support/inject-loops.js'

const [name] = process.argv.slice(2)
const { loops, close } = await injectLoops(name)
for (const loop of Object.values(loops)) loop(20_000)
const bytes = { floor: await bytesPerCall(loops.floor), client: await bytesPerCall(loops.client) }

let promises = 0
function count(_id, type) {
  if (type === 'PROMISE') promises += 1
}
const hook = createHook({ init: count }).enable()
loops.client(1000)
hook.disable()
console.log(JSON.stringify({ ...bytes, promises: promises / 1000 }))
await close()
