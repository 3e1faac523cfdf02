export {
  accessTokenOf,
  type GrpcMetadata,
  type GrpcServerInterceptor,
  optionalAccessTokenOf,
  requireToken
} from './interceptor.ts'
