/** A `fetch` for clients that insist on https: whatever they ask for, the token endpoint on loopback answers. */
export function onLoopback(tokenEndpoint) {
  return (_url, init) => fetch(tokenEndpoint, init)
}
