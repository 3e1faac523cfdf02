// Imported once for each thing that is measured (`loops.js?name`), so that no loop learns from another what its call does.

export async function awaitEach(call, count) {
  let last
  for (let i = 0; i < count; i++) last = await call()
  return last
}

export function callEach(call, count) {
  let last
  for (let i = 0; i < count; i++) last = call()
  return last
}
