export {
  accessTokenOf,
  type NestContext,
  type NestGuard,
  type NestRequest,
  optionalAccessTokenOf,
  requireToken
} from './nestjs-guard.ts'
