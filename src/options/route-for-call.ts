import type { Route } from '../bearer/routes.ts'
import type { TokenOptions } from '../bearer/token-options.ts'
import { checkedFields } from '../wrong-option.ts'
import { checkedPresentation } from './presentation-options.ts'
import { checkedRequest, maxWaitOption, requestOptionNames } from './request-options.ts'

const where = '[tokenOptions]'
const names = [...requestOptionNames, 'maxWait', 'header', 'scheme'] as const

/** The rule for one call, with the options of that call. Throws ClientConfigurationError. */
export function routeForCall(route: Route, wish: TokenOptions): Route {
  const given = checkedFields(where, wish, names)
  const request = checkedRequest(where, given, route.request)
  const maxWait = given.maxWait === undefined ? route.maxWait : maxWaitOption(`${where}.maxWait`, given.maxWait)
  const { header, scheme } = checkedPresentation(where, given)
  return {
    ...route,
    request,
    maxWait,
    header: given.header === undefined ? route.header : header,
    scheme: given.scheme === undefined ? route.scheme : scheme
  }
}
