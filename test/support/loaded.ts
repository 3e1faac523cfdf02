import { signingCode } from '../../src/client-authentication/own-assertion.ts'
import { tokenRequestCode } from '../../src/connection-group/late-token-requests.ts'
import { sharedSourceCode } from '../../src/stores/late-source.ts'

/** Loads the code that a client loads when it first needs it, because a held clock does not wait for the disk (see held-road.ts). */
export async function loaded(): Promise<void> {
  await Promise.all([tokenRequestCode.load(), signingCode.load(), sharedSourceCode.load(), import('p-retry')])
}
