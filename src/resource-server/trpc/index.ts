export { type TokenContext, type TrpcContextOptions, tokenContext } from './context.ts'
