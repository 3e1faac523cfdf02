import type { AccessToken } from '../token/access-token.ts'

/** A source that has no better token than the refused one gives that one again: then undefined. */
export function betterToken(answer: AccessToken, refused: AccessToken): AccessToken | undefined {
  return answer.serial === refused.serial ? undefined : answer
}
