import { hold } from './held-timers.ts'
import type { Timeline } from './timeline.ts'

/** The platform's seams that a run holds, so that nothing but the seed decides what happens when. */
export interface Platform {
  /** Lets all promise jobs and immediates happen that are ready. Takes no time on any clock. */
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

/** Node runs its ticks when no promise job is left, but right after a message or a timer it runs them first. */
async function promiseJobs(): Promise<void> {
  await undefined
  await new Promise((resolve) => process.nextTick(resolve))
}
