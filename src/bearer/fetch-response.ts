import { discardBody } from '../http/discard-body.ts'

/** What of an answer the standard shows: after a redirect to another origin it is `cors`, or `opaque` in the mode `no-cors`. */
export type Tainting = 'basic' | 'cors' | 'opaque'

/** The last answer of a chain as the platform would give it. It came from one hop, and says nothing of those before. */
export function answerOfChain(response: Response, redirected: boolean, tainting: Tainting): Response {
  if (!redirected) return response
  if (tainting !== 'opaque') {
    const type = response.type === 'basic' ? tainting : response.type // a double of a test has a type of its own
    return marked(response, { type, redirected })
  }
  void discardBody(response)
  return marked(Response.error(), { type: 'opaque', redirected: false })
}

/** Own members instead of the inherited ones, also on each copy. */
function marked(response: Response, shown: { readonly type: string; readonly redirected: boolean }): Response {
  return Object.defineProperties(response, {
    redirected: { value: shown.redirected, configurable: true },
    type: { value: shown.type, configurable: true },
    clone: { value: () => marked(cloneOf(response), shown), configurable: true, writable: true }
  })
}

function cloneOf(response: Response): Response {
  return (Object.getPrototypeOf(response) as Response).clone.call(response)
}
