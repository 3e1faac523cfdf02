import { claimAt, textAt } from './claim-places.ts'
import type { JsonObject } from './compact-jws.ts'
import type { ClaimPath, ClaimTest, ClaimTests } from './profiles/token-profile.ts'

/** Whether all tests of at least one alternative hold. */
export function someHolds(tests: ClaimTests, claims: JsonObject, clientId: ClaimPath | undefined): boolean {
  return tests.some((alternative) => alternative.every((test) => holds(test, claims, clientId)))
}

/** `clientId` is the path of the claim that the client's id was read from. */
export function holds(test: ClaimTest, claims: JsonObject, clientId: ClaimPath | undefined): boolean {
  const value = claimAt(claims, test.at)
  if ('is' in test) return (value === undefined || value === null) === (test.is === 'absent')
  if ('oneOf' in test) return test.oneOf.some((expected) => expected === value)
  if (typeof value !== 'string') return false
  if ('startsWith' in test) return value.startsWith(test.startsWith)
  if ('notStartsWith' in test) return !value.startsWith(test.notStartsWith)
  if ('endsWith' in test) return value.endsWith(test.endsWith)
  const same = 'sameAs' in test
  const other = otherText(same ? test.sameAs : test.differsFrom, test.at, claims, clientId)
  return other !== undefined && (value === other + (test.suffix ?? '')) === same
}

/** Returns the text to compare with. It is undefined if the test would compare a claim with itself. */
function otherText(path: ClaimPath | 'clientId', at: ClaimPath, claims: JsonObject, clientId: ClaimPath | undefined) {
  const other = path === 'clientId' ? clientId : path
  return other === undefined || isSame(other, at) ? undefined : textAt(claims, other)
}

function isSame(one: ClaimPath, other: ClaimPath): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index])
}
