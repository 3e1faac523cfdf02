import { startTokenServer } from './token-server.js'

/** Loops over an await of a resolved promise (`base`), of the least client (`floor`) and of the client of that name. */
export async function hotLoops(name) {
  const server = await startTokenServer()
  const client = (await import(`../clients/${name}.js`)).create(server)
  const floor = (await import('../clients/floor.js?floor')).create(server) // its own copy: what is measured can be the floor
  const value = client.value(await client.token())
  await floor.token()

  const calls = { base: () => Promise.resolve(value), floor: floor.token, client: client.token }
  const loops = {}
  for (const [entrant, call] of Object.entries(calls)) {
    const { awaitEach } = await import(`./loops.js?${entrant}`)
    loops[entrant] = (count) => awaitEach(call, count)
  }
  return { loops, close: () => Promise.all([client.close(), server.close()]) }
}
