import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { toldEnds } from '../../src/token-endpoint/told-ends.ts'

const day = 24 * 3_600_000

test('W12 a longer life that is told later moves no end, a shorter one does', () => {
  const ends = toldEnds()
  expect(ends.lifeOf('v', 60_000, 0)).toBe(60_000)
  expect(ends.lifeOf('v', 60_000, 45_000)).toBe(15_000)
  expect(ends.lifeOf('v', 5000, 45_000)).toBe(5000)
  expect(ends.lifeOf('v', 60_000, 46_000)).toBe(4000)
  expect(ends.lifeOf('v', 60_000, 90_000)).toBe(0)
})

test('W12 without a life the known end counts, and 0 is an end', () => {
  const ends = toldEnds()
  ends.lifeOf('v', 60_000, 0)
  expect(ends.lifeOf('v', undefined, 20_000)).toBe(40_000)
  expect(ends.lifeOf('v', 0, 30_000)).toBe(0)
  expect(ends.lifeOf('v', undefined, 30_000)).toBe(0)
})

test('W12 T24 a token whose end was never told has none, however often it comes with 0 or without a life', () => {
  const ends = toldEnds()
  expect([ends.lifeOf('v', 0, 0), ends.lifeOf('v', undefined, 1), ends.lifeOf('v', 0, 2)]).toEqual([
    undefined,
    undefined,
    undefined
  ])
  expect(ends.lifeOf('v', 60_000, 3)).toBe(60_000)
})

test('W12 a token that is good for years can be kept for another day, again and again', () => {
  const ends = toldEnds()
  for (const age of [0, 1, 2]) expect(ends.lifeOf('v', (365 - age) * day, age * day)).toBe((365 - age) * day)
})

test('W12 tokens that differ in their last character alone have ends of their own', () => {
  const ends = toldEnds()
  const body = 'x'.repeat(900)
  for (let one = 0; one < 1000; one++) expect(ends.lifeOf(`${body}${one}`, 100 * one + 100, 0)).toBe(100 * one + 100)
  for (let one = 0; one < 1000; one++) expect(ends.lifeOf(`${body}${one}`, undefined, 0)).toBe(100 * one + 100)
})

test('W12 the memory is bounded, and the token that was told last is the last to be forgotten', () => {
  const ends = toldEnds()
  ends.lifeOf('early', 1000, 0)
  ends.lifeOf('kept', 1000, 0)
  for (let one = 0; one < limits.keys - 2; one++) ends.lifeOf(`v${one}`, 1000, 0)
  ends.lifeOf('kept', 1000, 0)
  ends.lifeOf('one more', 1000, 0)
  expect([ends.lifeOf('early', undefined, 0), ends.lifeOf('kept', undefined, 0)]).toEqual([undefined, 1000])
})

test('W12 an end is remembered for an hour after it, however many others came since', () => {
  const ends = toldEnds()
  const minute = 60_000
  ends.lifeOf('v', minute, 0)
  for (let at = 1; at <= 60; at++) ends.lifeOf(`v${at}`, minute, at * minute)
  expect(ends.lifeOf('v', undefined, 60 * minute)).toBe(0)
  ends.lifeOf('x', minute, 62 * minute)
  expect(ends.lifeOf('v1', undefined, 62 * minute)).toBeUndefined()
})
