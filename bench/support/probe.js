import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs `probes/<name>.js` in a process of its own and answers with what it printed as JSON. */
export async function probe(name, args = [], flags = []) {
  const file = fileURLToPath(new URL(`../probes/${name}.js`, import.meta.url))
  const { stdout } = await run(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    ...flags,
    file,
    ...args.map(String)
  ])
  return JSON.parse(stdout)
}

export async function probes(count, name, args, flags) {
  const results = []
  for (let i = 0; i < count; i++) results.push(await probe(name, args, flags))
  return results
}

/** Ours alone, then all peers at once: those wait more than they work. Name → result. */
export async function besidePeers(name, peers, argumentsOf) {
  const ours = await probe(name, argumentsOf('ours'))
  const theirs = await Promise.all(peers.map((peer) => probe(name, argumentsOf(peer))))
  return [['ours', ours], ...peers.map((peer, index) => [peer, theirs[index]])]
}
