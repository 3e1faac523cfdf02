export { accessTokenOf, type H3EventLike, type H3Guard, optionalAccessTokenOf, requireToken } from './h3-guard.ts'
