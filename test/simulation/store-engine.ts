import type { StoredRecord } from '../../src/stores/token-store.ts'

export type StoreTrouble = 'is slow' | 'is silent' | 'refuses' | 'loses' | 'is stale' | 'is garbled'

export interface Ending<Value> {
  readonly value: Value
  /** True time. */
  readonly endsAt: number
}

/** The store that the services of a run share. Its records end in true time. */
export interface SimulatedStore {
  trouble: StoreTrouble | undefined
  readonly records: Map<string, Ending<StoredRecord>>
  /** The former records. A replica that lags still returns them. */
  readonly former: Map<string, Ending<StoredRecord>>
  readonly leases: Map<string, Ending<{ readonly holder: string; readonly word: string | undefined }>>
}

export function newStore(): SimulatedStore {
  return { trouble: undefined, records: new Map(), former: new Map(), leases: new Map() }
}
