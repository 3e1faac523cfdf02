import { expect, test } from 'vitest'
import { late } from '../src/late.ts'

function exhausted(): Error {
  return Object.assign(new Error('EMFILE: too many open files, open /srv/app/node_modules/x.js'), { code: 'EMFILE' })
}

test('code is loaded once, whoever asks for it, and is there without a promise from then on', async () => {
  let readings = 0
  const code = late(async () => ({ reading: ++readings }))
  expect(code.loaded).toBeUndefined()
  const [one, other] = await Promise.all([code.load(), code.load()])
  expect(one).toBe(other)
  expect(code.loaded).toBe(one)
  expect(readings).toBe(1)
})

test('code that could not be loaded is a transient failure that says what to do, and is tried again by the next who needs it', async () => {
  const attempts = [
    async () => {
      throw exhausted()
    },
    async () => 'code'
  ]
  const code = late(() => attempts.shift()?.() ?? Promise.reject(new Error('one attempt too many')))
  await expect(code.load()).rejects.toMatchObject({
    code: 'ERR_RESOURCE_EXHAUSTED',
    transient: true,
    message: expect.stringMatching(/could not be loaded \(EMFILE\)\. .*Node 20/)
  })
  expect(code.loaded).toBeUndefined()
  await expect(code.load()).resolves.toBe('code')
})
