/** The platform's seams that a run holds, so that nothing but the seed decides what happens when. */
export interface Platform {
  /** Lets all promise jobs and immediates happen that are ready. Takes no time on any clock. */
  settle(): Promise<void>
  release(): void
}

export function holdPlatform(onWarning: (warning: string) => void): Platform {
  const { setImmediate } = globalThis
  const { emitWarning } = process
  let immediates: (() => void)[] = []
  globalThis.setImmediate = ((callback: () => void) => void immediates.push(callback)) as unknown as typeof setImmediate
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
      globalThis.setImmediate = setImmediate
      process.emitWarning = emitWarning
    }
  }
}

/** Node runs its ticks when no promise job is left, but right after a message or a timer it runs them first. */
async function promiseJobs(): Promise<void> {
  await undefined
  await new Promise((resolve) => process.nextTick(resolve))
}
