import { Worker } from 'node:worker_threads'

const patience = 60_000

/** Code that hangs cannot say so: another thread looks whether the inputs go on, and ends the process when they do not. */
const watcher = `
  const { workerData: { progress, subject, patience } } = require('node:worker_threads')
  let seen = -1
  setInterval(() => {
    if (progress[0] === seen) {
      require('node:fs').writeSync(2, subject + ' hangs at input ' + seen + '\\n')
      process.kill(process.pid, 'SIGKILL')
    }
    seen = progress[0]
  }, patience)
`

export interface Watch {
  sees(input: number): void
  end(): void
}

export function watch(subject: string): Watch {
  const progress = new Uint32Array(new SharedArrayBuffer(4))
  const worker = new Worker(watcher, { eval: true, workerData: { progress, subject, patience } })
  worker.unref()
  return {
    sees(input) {
      progress[0] = input
    },
    end: () => void worker.terminate()
  }
}
