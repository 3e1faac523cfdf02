import { type StoreOptions, storeOption } from './options/store-options.ts'
import { checkedFields, milliseconds, wrong } from './wrong-option.ts'

export interface RaiseEpochOptions extends Required<Pick<StoreOptions, 'store' | 'sealingKey'>> {
  /** Beside `sealingKey: 'clientSecret'`. */
  readonly clientSecret?: string
  /** As many as the clients are given; 1 unless given. */
  readonly shards?: number
  /** Milliseconds over which the instances replace their tokens; a minute unless given. */
  readonly spread?: number
}

const minute = 60_000
const day = 1440 * minute

/**
 * Makes every instance that uses this store and sealing key drop its tokens and fetch new ones, each at a moment of its own within
 * `spread` ms: after a leak, or after a change of the signing key. An instance learns it within 60 seconds. Answers with the new epoch.
 * Rejects with ClientConfigurationError for a wrong option, with TokenClientError when a key cannot be read, and with the store's own error.
 */
export async function raiseEpoch(given: RaiseEpochOptions): Promise<number> {
  const options = checkedFields('raiseEpoch options', given, [
    'store',
    'sealingKey',
    'clientSecret',
    'shards',
    'spread'
  ])
  const spread = milliseconds('spread', options.spread ?? minute, { least: 0, most: day })
  const sharing = storeOption(options)
  if (sharing === undefined) wrong('store', 'is missing', 'Give the store of the fleet.', 'ERR_MISSING_OPTION')
  const { raise } = await import('./stores/epoch.ts')
  return raise(sharing.store, await sharing.secrets(() => {}), { shards: sharing.shards, spread })
}
