/** A token in the simulated store. Times are in simulated ms. */
export interface SharedToken {
  readonly obtainedAt: number
  readonly endsAt: number
}

export interface SharedLease {
  readonly holder: number
  readonly until: number
  /** Whether the holder has left a message about a failure. */
  readonly word: boolean
}

const free: SharedLease = { holder: -1, until: 0, word: false }

/** The store of a simulated fleet. It has one record and one lease in each shard. */
export interface SharedRecords {
  /** Returns the record at that moment. A record that is still being written cannot be read. */
  read(shard: number, moment: number): SharedToken | undefined
  /** Writes a record that can be read from `visibleAt` on. The lease ends then too. */
  write(shard: number, token: SharedToken, visibleAt: number): void
  lease(shard: number): SharedLease
  hold(shard: number, lease: SharedLease): void
}

export function sharedRecords(shards: number): SharedRecords {
  const records: { readonly token: SharedToken; readonly visibleAt: number }[] = []
  const former: (SharedToken | undefined)[] = []
  const leases: SharedLease[] = Array.from({ length: shards }, () => free)
  return {
    read(shard, moment) {
      const record = records[shard]
      return record === undefined || record.visibleAt <= moment ? record?.token : former[shard]
    },
    write(shard, token, visibleAt) {
      former[shard] = records[shard]?.token
      records[shard] = { token, visibleAt }
      leases[shard] = { holder: -1, until: visibleAt, word: false }
    },
    lease: (shard) => leases[shard] ?? free,
    hold(shard, lease) {
      leases[shard] = lease
    }
  }
}
