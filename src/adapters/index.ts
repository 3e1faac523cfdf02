export { type GotHooks, gotHooks } from './got.ts'
export { type GrpcChannelCredentials, type GrpcInterceptor, grpcInterceptor } from './grpc.ts'
export { type HttpCall, nodeHttp, type SendHttp } from './node-http.ts'
