export type { Clock, Timer } from '../clock.ts'
export type { Lease, LeaseRequest, StoredRecord, TokenStore } from '../stores/token-store.ts'
export { type ManualClock, type ManualClockOptions, manualClock } from './manual-clock.ts'
export { type ContractCheck, tokenStoreContract } from './token-store-contract.ts'
