import { type StoreOptions, storeOption } from './options/store-options.ts'
import { checkedFields, milliseconds, wrong } from './wrong-option.ts'

export interface RaiseEpochOptions extends Required<Pick<StoreOptions, 'store' | 'sealingKey'>> {
  /** Needed only with `sealingKey: 'clientSecret'`. */
  readonly clientSecret?: string
  /** The same number as in the options of the clients. The default is 1. */
  readonly shards?: number
  /** Within how many milliseconds the instances replace their tokens. The default is a minute. */
  readonly spread?: number
}

const minute = 60_000
const day = 1440 * minute

/**
 * Makes every instance with this store and sealing key drop its tokens and fetch new ones, each at a random moment within `spread` ms.
 * Use it after a leak or after a change of the signing key. An instance notices it within 60 seconds. Resolves with the new epoch.
 * Rejects with ClientConfigurationError for a wrong option, with TokenClientError when a key cannot be read, and with the store's own error,
 * also when it has not kept the new epoch.
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
