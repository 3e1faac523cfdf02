import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, test } from 'vitest'
import { postgresStore, schema } from '../../examples/stores/postgres-store.ts'
import { tokenStoreContract } from '../../src/testing/index.ts'

let database: PGlite
beforeAll(async () => {
  database = await PGlite.create()
  await database.exec(schema)
}, 30_000)
afterAll(() => database.close())

const store = () => postgresStore((text, values) => database.query(text, values))

test.for(tokenStoreContract(store))('on PostgreSQL $name', ({ run }) => run())
