import type { AccessToken } from '../token/access-token.ts'

/** A source that has no better token returns the refused one again. The result is then undefined. */
export function betterToken(answer: AccessToken, refused: AccessToken): AccessToken | undefined {
  return answer.serial === refused.serial ? undefined : answer
}
