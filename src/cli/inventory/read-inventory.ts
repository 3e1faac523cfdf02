import { readFile } from 'node:fs/promises'
import type { Inventory, InventoryEntry } from 'service-token-client'
import { isAnyObject } from '../../any-object.ts'
import { UsageError } from '../command.ts'

export type Usage = Pick<Inventory, 'clientId' | 'entries'>

/** Reads a file that `JSON.stringify(tokens.inventory())` wrote, or a JSON array of several such inventories. @throws UsageError */
export async function readInventory(file: string): Promise<readonly Usage[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The file ${file} cannot be read (${error.code}).`)
  })
  const found = parsed(file, text)
  const list = Array.isArray(found) ? found : [found]
  if (list.every(isInventory)) return list
  throw new UsageError(`The file ${file} is not an inventory. Write JSON.stringify(tokens.inventory()) into it.`)
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`The file ${file} is not JSON.`)
  }
}

function isInventory(value: unknown): value is Usage {
  if (!isAnyObject(value)) return false
  const { clientId, entries } = value
  return typeof clientId === 'string' && Array.isArray(entries) && entries.every(isEntry)
}

function isEntry(value: unknown): value is InventoryEntry {
  if (!isAnyObject(value)) return false
  const { origin, audience, scope, resource, granted, code, calls, refused, lastUsed } = value
  const lists = [scope, resource, granted ?? []]
  const texts = [origin ?? '', audience ?? '', code ?? '']
  const numbers = [calls, refused ?? 0, lastUsed ?? 0]
  return (
    lists.every((list) => Array.isArray(list) && list.every((member) => typeof member === 'string')) &&
    texts.every((text) => typeof text === 'string') &&
    numbers.every((number) => Number.isSafeInteger(number) && (number as number) >= 0)
  )
}
