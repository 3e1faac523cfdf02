export { accessTokenOf, type KoaContext, type KoaGuard, optionalAccessTokenOf, requireToken } from './guard.ts'
