// A token store on PostgreSQL: what a store for another engine looks like. `query` is that of `pg` or of a client like it.
import type { TokenStore } from 'service-token-client'

export type Query = (text: string, values?: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>

export const schema = `
  create table if not exists token_records (name text primary key, version bigint not null, data text not null, ends_at timestamptz not null);
  create table if not exists token_leases (name text primary key, holder text not null, word text, ends_at timestamptz not null);
`

const life = `now() + $1 * interval '1 millisecond'`

export function postgresStore(query: Query): TokenStore {
  return {
    async read(name) {
      const { rows } = await query('select version, data from token_records where name = $1 and ends_at > now()', [
        name
      ])
      const [row] = rows as { version: string | number; data: string }[]
      return row && { version: Number(row.version), data: row.data }
    },
    async write(name, { version, data }, ms) {
      const { rows } = await query(
        `insert into token_records as kept (name, version, data, ends_at) values ($2, $3, $4, ${life})
         on conflict (name) do update set version = excluded.version, data = excluded.data, ends_at = excluded.ends_at
         where kept.version < excluded.version or kept.ends_at <= now()
         returning version`,
        [ms, name, version, data]
      )
      return rows.length === 1
    },
    async remove(name, { version, data }) {
      await query('delete from token_records where name = $1 and version = $2 and data = $3', [name, version, data])
    },
    async lease(name, { holder, life: ms, word }) {
      const { rows } = await query(
        `insert into token_leases as held (name, holder, word, ends_at) values ($2, $3, $4, ${life})
         on conflict (name) do update set holder = excluded.holder, word = excluded.word, ends_at = excluded.ends_at
         where held.holder = excluded.holder or held.ends_at <= now()
         returning holder`,
        [ms, name, holder, word ?? null]
      )
      if (rows.length === 1) return { state: 'acquired' }
      const held = await query('select word from token_leases where name = $1', [name])
      const [row] = held.rows as { word: string | null }[]
      return { state: 'held', word: row?.word ?? undefined }
    },
    async release(name, holder) {
      await query('delete from token_leases where name = $1 and holder = $2', [name, holder])
    }
  }
}
