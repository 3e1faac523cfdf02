import { expect, test } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'
import { type Awaited, startDeadline, tooSlow, withDeadline } from '../../src/waiting/deadline.ts'

const timedOut = (awaited: Awaited | undefined) => tooSlow('Nothing within 100 ms', awaited)
const never = () => new Promise<never>(() => {})

test('work that takes no notice of its end is left at its deadline, and no timer stays behind', async () => {
  const clock = manualClock()
  const ended = expect(withDeadline({ clock, timeout: 100, timedOut, signals: [] }, never)).rejects.toMatchObject({
    code: 'ERR_TIMEOUT',
    message: 'Nothing within 100 ms.'
  })
  await clock.advance(100)
  await ended
  expect(clock.timers).toBe(0)
})

test('the error at the end names what was awaited last, with its own code', async () => {
  const clock = manualClock()
  const work = withDeadline({ clock, timeout: 100, timedOut, signals: [] }, ({ awaits }) => {
    awaits('the metadata')
    awaits('the credential', 'ERR_SECRET_UNAVAILABLE')
    return never()
  })
  const ended = expect(work).rejects.toMatchObject({
    code: 'ERR_SECRET_UNAVAILABLE',
    message: 'Nothing within 100 ms: the credential did not arrive in time.'
  })
  await clock.advance(100)
  await ended
})

test('a deadline above is told what the one below awaits, and says so at the same moment', async () => {
  const clock = manualClock()
  const above = startDeadline({ clock, timeout: 100, timedOut, signals: [] })
  const { signal, awaits } = above
  const below = withDeadline({ clock, timeout: above.left(), timedOut, signals: [signal], awaits }, (deadline) => {
    expect(deadline.endsAt).toBe(above.endsAt)
    deadline.awaits('an answer')
    return never()
  })
  const ended = expect(below).rejects.toThrow('Nothing within 100 ms: an answer did not arrive in time.')
  await clock.advance(100)
  await ended
  expect(signal.reason).toMatchObject({ message: 'Nothing within 100 ms: an answer did not arrive in time.' })
})

test('a signal that has aborted already ends a deadline at once, and one that aborts later ends it then', () => {
  const clock = manualClock()
  expect(startDeadline({ clock, timeout: 100, timedOut, signals: [AbortSignal.abort('left')] }).signal.reason).toBe(
    'left'
  )
  const leaving = new AbortController()
  const { signal } = startDeadline({ clock, timeout: 100, timedOut, signals: [undefined, leaving.signal] })
  expect(signal.aborted).toBe(false)
  leaving.abort('later')
  expect(signal.reason).toBe('later')
})
