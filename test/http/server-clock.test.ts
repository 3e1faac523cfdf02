import { expect, test } from 'vitest'
import { serverClock } from '../../src/http/server-clock.ts'
import { manualClock } from '../../src/testing/index.ts'

const minute = 60_000
const https = 'https://login.example/token'
const now = Date.UTC(2030, 0, 1)

/** What the server's clock reads, less ours, after answers with such headers from such places. */
function learned(...answers: readonly [ms: number, url: string, headers?: Record<string, string>][]) {
  const clock = manualClock({ now })
  const server = serverClock(clock)
  const news = answers.map(([ms, url, headers]) => {
    const date = new Date(clock.wallTime() + ms).toUTCString()
    return server.learn({ headers: { date, ...headers } }, url)
  })
  return { offset: server.now() - clock.wallTime(), news }
}

test('K7 a server whose clock is minutes off is believed, and told once', () => {
  expect(learned([5 * minute, https])).toEqual({ offset: 5 * minute, news: [true] })
  expect(learned([-5 * minute, https], [-5 * minute, https])).toEqual({ offset: -5 * minute, news: [true, false] })
  expect(learned([5 * minute, https], [-5 * minute, https])).toEqual({ offset: -5 * minute, news: [true, true] })
})

test('K7 half a minute does not count as a difference, and a little less does not count once a difference is known', () => {
  expect(learned([29_000, https])).toEqual({ offset: 0, news: [false] })
  expect(learned([30_000, https])).toEqual({ offset: 30_000, news: [true] })
  expect(learned([5 * minute, https], [29_000, https])).toEqual({ offset: 0, news: [true, true] })
})

test('K7 in plain HTTP anybody on the way can write a Date: only this machine is believed', () => {
  expect(learned([5 * minute, 'http://login.example/token']).offset).toBe(0)
  expect(learned([5 * minute, 'http://127.0.0.1:8080/token']).offset).toBe(5 * minute)
})

test('K7 the answer of a cache is as old as its Date, and says nothing', () => {
  expect(learned([5 * minute, https, { age: '300' }]).offset).toBe(0)
})

test('K7 an invalid Date, or one that is a day off, changes nothing', () => {
  expect(learned([0, https, { date: 'soon' }])).toEqual({ offset: 0, news: [false] })
  expect(learned([25 * 60 * minute, https])).toEqual({ offset: 0, news: [false] })
})
