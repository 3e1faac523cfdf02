import { openedToken } from '../../src/stores/sealed-token.ts'
import { sealingKeyOf } from '../../src/stores/sealing-key.ts'
import type { Lease, StoredRecord, TokenStore } from '../../src/stores/token-store.ts'
import { Secret } from '../../src/token/secret.ts'
import { sentNow } from './ledger.ts'
import type { Ending } from './store-engine.ts'
import type { Timeline } from './timeline.ts'
import { marker } from './verdict.ts'
import type { Service, World } from './world.ts'

const keyBytes = Buffer.alloc(32, 7).toString('base64')
export const sealing = { sealingKey: keyBytes }
const sealingKey = sealingKeyOf(new Secret(keyBytes))

/** The store as one service reaches it. */
export function storeFor(world: World, service: () => Service): TokenStore {
  const { line, chance, store } = world
  const living = <Value>(ending: Ending<Value> | undefined) => (isOver(ending, line) ? undefined : ending?.value)

  function asked<Value>(work: () => Value): Promise<Value> {
    const { host, machine } = service()
    return new Promise((resolve, reject) => {
      const delay = store.trouble === 'is slow' ? chance.magnitude(20, 5000) : chance.between(0.2, 3)
      line.in(delay, () => {
        const { trouble } = store
        if (trouble !== undefined) world.fire('store')
        if (machine.partitioned || trouble === 'is silent') return // no answer ever comes
        if (trouble === 'refuses') return host.later(0, () => reject(new Error('OOM command not allowed')))
        const result = work()
        host.later(chance.between(0.2, 3), () => resolve(result))
      })
    })
  }

  function keep(name: string, record: StoredRecord, life: number): boolean {
    if (JSON.stringify(record).includes(marker))
      world.violate('I9', service().name, 'a record holds a secret or a token')
    const found = store.records.get(name)
    if ((living(found)?.version ?? Number.NEGATIVE_INFINITY) >= record.version) return false
    if (store.trouble === 'loses' && chance.happens(0.5)) return true
    if (found !== undefined) store.former.set(name, found)
    store.records.set(name, { value: record, endsAt: line.now + life })
    return true
  }

  function lease(name: string, holder: string, life: number, word: string | undefined): Lease {
    const held = living(store.leases.get(name))
    if (held !== undefined && held.holder !== holder) return { state: 'held', word: held.word }
    store.leases.set(name, { value: { holder, word }, endsAt: line.now + life })
    return { state: 'acquired' }
  }

  return {
    async read(name) {
      const record = await asked(() =>
        living((store.trouble === 'is stale' && store.former.get(name)) || store.records.get(name))
      )
      if (record === undefined) return undefined
      if (store.trouble === 'is garbled') return { ...record, data: `${record.data.slice(0, -4)}AAAA` }
      noteFound(world, service(), name, record)
      return record
    },
    write: (name, record, life) => asked(() => keep(name, record, life)),
    remove: (name, record) =>
      asked(() => {
        if (living(store.records.get(name))?.data === record.data) store.records.delete(name)
      }),
    lease: (name, { holder, life, word }) => asked(() => lease(name, holder, life, word)),
    release: (name, holder) =>
      asked(() => {
        if (living(store.leases.get(name))?.holder === holder) store.leases.delete(name)
      })
  }
}

function isOver(ending: Ending<unknown> | undefined, line: Timeline): boolean {
  return ending !== undefined && ending.endsAt <= line.now
}

/** A service has read a token of another service. Its age is the difference between the wall clocks of the two. */
function noteFound(world: World, service: Service, name: string, record: StoredRecord): void {
  const { host } = service
  const found = openedToken(sealingKey, name, record, host.wallTime())
  const issued = found && world.authorizationServer.issued.get(found.token.value)
  if (found === undefined || issued === undefined) return
  service.found.set(issued.scope, issued.value)
  const { obtainedAt, expiresAt } = found.token
  const known = service.serials.has(issued.value) ? service.tokens.get(issued.value) : undefined
  // A step of the wall clock since the token came does not change its end.
  const { clockOffset } = known?.sent ?? sentNow(host)
  const endsAt = Math.min(expiresAt - clockOffset, host.monotonicTime() + expiresAt - obtainedAt)
  // A server can send a token again with a shorter life, and reading the token again never makes its life longer.
  const seen = { value: issued.value, sent: sentNow(host), toldEnd: undefined, cameAt: world.line.now, isShared: true }
  service.tokens.set(issued.value, { ...(known ?? seen), endsAt: Math.min(known?.endsAt ?? endsAt, endsAt) })
}
