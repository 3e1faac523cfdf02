export { accessTokenOf, type HonoContext, type HonoGuard, optionalAccessTokenOf, requireToken } from './guard.ts'
