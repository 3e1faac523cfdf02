export { accessTokenOf, type HonoContext, type HonoGuard, optionalAccessTokenOf, requireToken } from './hono-guard.ts'
