/** Times are simulated ms. */
export interface SharedToken {
  readonly obtainedAt: number
  readonly endsAt: number
}

export interface SharedLease {
  readonly holder: number
  readonly until: number
  /** The holder has left word of a failure. */
  readonly word: boolean
}

const free: SharedLease = { holder: -1, until: 0, word: false }

/** The store of a simulated fleet: a record and a lease in each shard. */
export interface SharedRecords {
  /** The record as it is at that moment: one that is still on its way cannot be read. */
  read(shard: number, moment: number): SharedToken | undefined
  /** It can be read from `visibleAt` on, which ends the lease too. */
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
