export {
  accessTokenOf,
  type GrpcMetadata,
  type GrpcServerInterceptor,
  optionalAccessTokenOf,
  requireToken
} from './grpc-guard.ts'
