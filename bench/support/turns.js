/** Each name has its turn in every round, so that all of them see the same machine. Name → results. */
export async function inTurns(rounds, names, measure) {
  const results = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) for (const name of names) results[name].push(await measure(name))
  return results
}
