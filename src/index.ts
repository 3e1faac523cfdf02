export { ClientClosedError, ClientConfigurationError, type ErrorCode, TokenClientError } from './errors.ts'
export { AccessToken } from './token/access-token.ts'
