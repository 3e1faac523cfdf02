import { hold } from './held-timers.ts'
import type { Timeline } from './timeline.ts'

/** A run holds the timers of the platform, so that only the seed decides what happens when. */
export interface Platform {
  /** Runs all promise jobs and immediates that are ready. No clock moves meanwhile. */
  settle(): Promise<void>
  release(): void
}

export function holdPlatform(line: Timeline, onWarning: (warning: string) => void): Platform {
  const { emitWarning } = process
  let immediates: (() => void)[] = []
  hold({
    setImmediate: (callback) => void immediates.push(callback),
    setTimeout(callback, delay) {
      let waits = true
      line.in(delay, () => waits && callback())
      return () => {
        waits = false
      }
    }
  })
  process.emitWarning = ((warning: string | Error) => onWarning(String(warning))) as typeof process.emitWarning

  return {
    async settle() {
      await promiseJobs()
      while (immediates.length > 0) {
        const ready = immediates
        immediates = []
        for (const callback of ready) callback()
        await promiseJobs()
      }
    },
    release() {
      hold(undefined)
      process.emitWarning = emitWarning
    }
  }
}

/**
 * Waits until all promise jobs are done, because Node usually runs a tick only when no promise job is left. Right after a message or a
 * timer Node runs ticks first, so one promise job comes before the tick.
 */
async function promiseJobs(): Promise<void> {
  await undefined
  await new Promise((resolve) => process.nextTick(resolve))
}
