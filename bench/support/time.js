let shift = 0
const wallTime = Date.now
const monotonicTime = performance.now.bind(performance)

/** From now on this process believes that it is `ms` later, on both clocks: tokens age without anybody waiting. Timers stay where they are. */
export function passTime(ms) {
  shift += ms
}

/** As `performance.now`, whatever the process believes. */
export function realTime() {
  return monotonicTime()
}

globalThis.Date = class extends Date {
  constructor(...given) {
    if (given.length === 0) super(Date.now())
    else super(...given)
  }

  static now() {
    return wallTime() + shift
  }
}
performance.now = () => monotonicTime() + shift
const { hrtime } = process
process.hrtime = Object.assign(() => {
  const [seconds, nanoseconds] = hrtime()
  const whole = seconds * 1000 + nanoseconds / 1e6 + shift
  return [Math.floor(whole / 1000), (whole % 1000) * 1e6]
}, hrtime)
