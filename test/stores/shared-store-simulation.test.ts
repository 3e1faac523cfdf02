import { expect, test } from 'vitest'
import { chanceOf } from '../simulation/simulated-chance.ts'
import { type SimulatedService, simulatedService } from './simulated-service.ts'

const second = 1000
const minute = 60 * second
const life = 10 * minute
const step = 5 * second
const seeds = [1, 2, 3, 4, 5, 6]

interface Course {
  readonly seed: number
  readonly duration: number
  readonly instances?: number
  readonly maxWait?: number
}

/** A while, in which something can happen every five seconds. */
async function passed(
  { seed, duration, instances = 4, maxWait = 5 * second }: Course,
  happen: (service: SimulatedService, random: () => number) => Promise<void> | void
) {
  const random = chanceOf(seed).next
  // Draws of the clients shift nothing of what happens to them.
  const service = simulatedService({ instances, life, maxWait, random: chanceOf(seed).fork().next })
  for (let at = 0; at < duration; at += step) {
    await happen(service, random)
    await service.calls(step)
  }
  await service.close()
  return service
}

test.for(seeds)('I17 S21 one request for each refresh, and one for each holder that died (seed %i)', async (seed) => {
  const deaths: number[] = []
  const { requests, failures } = await passed({ seed, duration: 120 * minute }, async (service, random) => {
    if (random() < 0.02) service.turn(random() < 0.5 ? 'slow' : 'well')
    if (random() > 0.02) return
    deaths.push(service.now())
    await service.die(Math.floor(random() * 4))
  })
  // The earliest moment that anybody draws is half of the life that is left, of a token that is itself a few minutes old.
  const tooSoon = requests.filter((at, index) => {
    const former = requests[index - 1] ?? Number.NEGATIVE_INFINITY
    const someoneDied = deaths.some((moment) => moment > former - minute && moment <= at)
    return at - former < 0.2 * life && !someoneDied
  })
  expect(tooSoon).toEqual([])
  expect(failures).toEqual([])
  expect(requests.length).toBeGreaterThan(120 / 10)
})

test.for(seeds)('a store in trouble costs no call while the authorization server is well (seed %i)', async (seed) => {
  let broken = false
  const { failures } = await passed({ seed, duration: 120 * minute }, ({ store }, random) => {
    if (random() > 0.05) return
    broken = !broken
    const verbs = ['read', 'write', 'lease', 'release'].filter(() => random() < 0.5)
    store.meddle(() =>
      broken && verbs.includes(store.calls.at(-1) ?? '') ? Promise.reject(new Error('OOM')) : undefined
    )
  })
  expect(failures).toEqual([])
})

test.for(seeds.slice(0, 2))(
  'an outage sees the attempts of one, and is over for all soon after its end (seed %i)',
  async (seed) => {
    const fourMinutesDown = (instances: number) =>
      passed({ seed, duration: 5 * minute, instances, maxWait: 0 }, (service) => {
        const isDown = service.now() < 4 * minute
        if (isDown !== service.isDown()) service.turn(isDown ? 'down' : 'well')
      })
    const ofOne = await fourMinutesDown(1)
    const { failures, requests } = await fourMinutesDown(4)
    expect(failures.filter(({ wellFor }) => wellFor > 30 * second)).toEqual([])
    expect(requests.length).toBeLessThanOrEqual(1.25 * ofOne.requests.length)
  }
)
