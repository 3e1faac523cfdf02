import { wrong } from '../wrong-option.ts'
import type { DpopOptions } from './dpop-option.ts'
import { conflictingSettings, prefix, type Settings } from './environment-settings.ts'

const words: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false }

/** Whether tokens are bound to a key (RFC 9449), and to which one. A file with a key is enough to ask for it. */
export function dpopFrom({ DPOP, DPOP_KEY_FILE: file }: Settings): DpopOptions['dpop'] {
  const isWanted = DPOP === undefined ? file !== undefined : words[DPOP.toLowerCase()]
  if (isWanted === undefined)
    wrong(`${prefix}DPOP`, 'is neither true nor false', 'Set it to true for tokens that are bound to a key.')
  if (isWanted) return file === undefined ? true : { key: { file } }
  if (file !== undefined) conflictingSettings('DPOP', 'DPOP_KEY_FILE', 'Set DPOP to true, or remove the file.')
  return undefined
}
