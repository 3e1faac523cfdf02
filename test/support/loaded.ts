import { signingCode } from '../../src/client-authentication/own-assertion.ts'
import { tokenRequestCode } from '../../src/connection-group/late-token-requests.ts'
import { sharedSourceCode } from '../../src/stores/late-source.ts'

/** Loads what a client loads when it first needs it: the clock of a test cannot wait for the disk. */
export async function loaded(): Promise<void> {
  await Promise.all([tokenRequestCode.load(), signingCode.load(), sharedSourceCode.load(), import('p-retry')])
}
