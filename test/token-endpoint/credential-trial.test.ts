import { expect, test } from 'vitest'
import { TokenClientError } from '../../src/errors.ts'
import { manualClock } from '../../src/testing/index.ts'
import { credentialTrial } from '../../src/token-endpoint/credential-trial.ts'

const refused = new TokenClientError('ERR_INVALID_CLIENT', 'refused', { transient: false })

function setUp() {
  const clock = manualClock()
  const trial = credentialTrial(clock)
  const { signal } = new AbortController()
  const started: string[] = []

  /** A request of that name, which the test ends. */
  function begin(name: string) {
    let end: { resolve(value: string): void; reject(error: Error): void } | undefined
    const result = trial.run(() => {
      started.push(name)
      return new Promise<string>((resolve, reject) => {
        end = { resolve, reject }
      })
    }, signal)
    result.catch(() => {})
    return {
      result,
      async succeed() {
        end?.resolve(name)
        await clock.advance(0)
      },
      async fail(error: Error) {
        end?.reject(error)
        await clock.advance(0)
      }
    }
  }
  return { clock, started, begin }
}

test('X7 a credential that was taken just now holds nobody up, however slow a request is', async () => {
  const { clock, started, begin } = setUp()
  await begin('first').succeed()
  await clock.advance(9_999)
  begin('slow')
  begin('quick')
  expect(started).toEqual(['first', 'slow', 'quick'])
})

test('X7 after ten seconds it is tried by one again', async () => {
  const { clock, started, begin } = setUp()
  await begin('first').succeed()
  await clock.advance(10_000)
  begin('trial')
  begin('waiting')
  expect(started).toEqual(['first', 'trial'])
})

test('X7 a refusal ends the trust at once, and who waited for the trial gets the refusal without a request', async () => {
  const { clock, started, begin } = setUp()
  await begin('first').succeed()
  await begin('refused').fail(refused)
  const trial = begin('trial')
  const waiting = begin('waiting')
  await trial.fail(refused)
  await expect(waiting.result).rejects.toMatchObject({ code: 'ERR_INVALID_CLIENT' })
  await clock.advance(0)
  expect(started).toEqual(['first', 'refused', 'trial'])
})

test('X7 a failure that says nothing of the credential does not end the trust', async () => {
  const { started, begin } = setUp()
  await begin('first').succeed()
  await begin('broken').fail(new TokenClientError('ERR_NETWORK', 'x', { transient: true }))
  begin('one')
  begin('other')
  expect(started).toEqual(['first', 'broken', 'one', 'other'])
})
