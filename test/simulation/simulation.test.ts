import { MessageChannel } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { regressions } from './regressions.ts'
import { addReport, addRun, flaws, newReport } from './report.ts'
import { type Run, simulate } from './simulate.ts'
import { chanceOf } from './simulated-chance.ts'
import { faultKinds } from './simulated-fault-kinds.ts'

describe('the simulation', () => {
  test.each([3, 7, 62, 78])('I1 to I19 the same seed writes the same log, byte for byte: seed %d', async (seed) => {
    const first = await simulate(seed, { keepLog: true })
    const second = await simulate(seed, { keepLog: true })
    expect(second.log).toBe(first.log)
    expect(first.log.split('\n').length).toBeGreaterThan(200)
    expect(first.violations).toEqual([])
  })

  test('a seed gives the same run after a message as in its own thread', async () => {
    const { port1, port2 } = new MessageChannel()
    const afterMessage = new Promise<Run>((resolve) => {
      port1.once('message', () => resolve(simulate(202_621, { keepLog: true })))
    })
    port2.postMessage('go')
    const { log } = await afterMessage
    port1.close()
    expect(log).toBe((await simulate(202_621, { keepLog: true })).log)
  })

  test('another seed gives another run', async () => {
    const [one, other] = [await simulate(3, { keepLog: true }), await simulate(4, { keepLog: true })]
    expect(one.log).not.toBe(other.log)
  })

  test.each(regressions)('seed $seed stays mended: $found', async ({ seed }) => {
    expect((await simulate(seed)).violations).toEqual([])
  })

  test('random numbers are uniform, and the same on every machine', () => {
    const chance = chanceOf(1)
    expect([chance.integer(1, 100), chance.integer(1, 100), chance.integer(1, 100)]).toEqual([63, 1, 53])
    const draws = Array.from({ length: 10_000 }, chance.next)
    expect(draws.reduce((sum, draw) => sum + draw) / draws.length).toBeCloseTo(0.5, 1)
  })
})

describe('the report', () => {
  test('names the kinds of faults that never fired', async () => {
    const report = newReport()
    const run = await simulate(3)
    for (let runs = 0; runs < 500; runs++) addRun(report, run)
    report.spared = 1
    const idle = faultKinds.filter((kind) => !run.statistics.fired.has(kind))
    expect(idle).not.toEqual([])
    expect(flaws(report)).toEqual(idle.map((kind) => `No fault of the kind "${kind}" fired.`))
  })

  test('I4 names a back-off that is shorter than full jitter, which no single run can show', () => {
    const report = { ...newReport(), runs: 500, waits: 400, sumOfWaits: 100, spared: 1 }
    for (const kind of faultKinds) report.fired[kind] = 1
    expect(flaws(report)).toEqual([expect.stringMatching(/^I4: the mean wait/)])
    const healthy = { ...report, sumOfWaits: 300 }
    expect(flaws(healthy)).toEqual([])
    expect(flaws({ ...healthy, waitsBesideOthers: 400, tellingWaits: 60 })).toEqual([
      expect.stringMatching(/^I4: 60 of 400 waits/)
    ])
    expect(flaws({ ...healthy, spared: 0 })).toEqual([expect.stringMatching(/^I16/)])
    addReport(healthy, { ...healthy, heap: 2 ** 30 })
    expect(flaws(healthy)).toEqual([expect.stringMatching(/^I10: the heap/)])
  })
})
