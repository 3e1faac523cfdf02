export { accessTokenOf, type KoaContext, type KoaGuard, optionalAccessTokenOf, requireToken } from './koa-guard.ts'
