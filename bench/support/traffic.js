import { realTime } from './time.js'

const tick = 5

/** Calls `call` so many times a second for so many seconds, whatever comes of it. Answers with each call's ms and failure. */
export async function traffic(call, { perSecond, seconds }) {
  const calls = []
  const start = realTime()

  async function one() {
    const began = realTime()
    const failed = await call().then(
      () => false,
      () => true
    )
    return { milliseconds: realTime() - began, failed }
  }

  while (calls.length < perSecond * seconds) {
    const due = Math.min(perSecond * seconds, Math.ceil(((realTime() - start) / 1000) * perSecond))
    while (calls.length < due) calls.push(one())
    await new Promise((resolve) => setTimeout(resolve, tick))
  }
  return Promise.all(calls)
}

/** Rejections that nobody handles end a process; a probe counts them and goes on. */
export function countUnhandledRejections() {
  const count = { rejections: 0 }
  process.on('unhandledRejection', () => count.rejections++)
  return count
}
