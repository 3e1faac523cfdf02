export { type AuthorizationServer, startAuthorizationServer } from './authorization-server.ts'
export type { Alteration } from './faults/fault.ts'
export type { FaultReach } from './faults/fault-queue.ts'
export type { FaultAnswer, Faults } from './faults/faults.ts'
export type { ActiveFault } from './faults/switched-faults.ts'
export type { TlsOptions } from './http/http-server.ts'
export type { MissingGrant } from './http/refusal-error.ts'
export type { EndpointName, LoggedRequest, RequestLog } from './http/request-log.ts'
export type { JournalEntry, ReadableJournal } from './overview/journal.ts'
export type {
  ClientView,
  Described,
  EdgeState,
  EdgeView,
  Overview,
  RightView,
  ServiceView
} from './overview/overview.ts'
export type { RegistryChange } from './registry/changes.ts'
export type { Clients } from './registry/clients.ts'
export type { ClientCredentials, Federation, RegisteredSecret } from './registry/credentials.ts'
export type { LiveRegistry } from './registry/live-registry.ts'
export type {
  ClientRegistration,
  DpopRule,
  GrantRegistration,
  NonceRule,
  Registry,
  ServiceRegistration
} from './registry/registration.ts'
export { readClients, readRegistry } from './registry/registry-file.ts'
export { registrySchema } from './registry/registry-schema.ts'
export type { AuthorizationServerOptions } from './server-options.ts'
export type { AccessTokenFormat } from './tokens/access-tokens.ts'
export type { SigningAlgorithm } from './tokens/signing-keys.ts'
