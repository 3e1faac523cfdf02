// What a token costs the one who receives it: every verifier in one process, in turns.
import { awaitEach } from '../support/loops.js'
import { ratio, takeTurns } from '../support/slices.js'
import { median } from '../support/statistics.js'
import { tokenIssuer, verifiers } from '../support/verifiers.js'

const [alg, turns, ...names] = process.argv.slice(2)
const inFlight = 16
const issuer = await tokenIssuer(alg)
const tokens = await Promise.all(Array.from({ length: 32 }, issuer.token))
let next = 0

const loops = {}
for (const name of names) {
  const verify = verifiers[name](issuer)
  for (const token of tokens) await verify(token) // none may be one that refuses
  loops[name] = (count) => awaitEach(() => verify(tokens[next++ & 31]), count)
  if (name !== 'oursFresh') continue
  loops.oursTogether = async (count) => {
    for (let done = 0; done < count; done += inFlight)
      await Promise.all(Array.from({ length: Math.min(inFlight, count - done) }, () => verify(tokens[next++ & 31])))
  }
}
const times = await takeTurns(loops, { turns: Number(turns) })
console.log(
  JSON.stringify(
    Object.fromEntries(
      Object.entries(times).map(([name, own]) => [
        name,
        {
          microseconds: median(own) / 1000,
          overOurs: ratio(own, times[name === 'ours' ? 'ours' : Object.keys(times)[0]])
        }
      ])
    )
  )
)
