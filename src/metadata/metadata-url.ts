const oauth = '/.well-known/oauth-authorization-server'
const openid = '/.well-known/openid-configuration'

/**
 * Where an issuer's metadata can be, in the order to ask: the place of RFC 8414 §3.1, that of OpenID Connect Discovery,
 * and what RFC 8414 §5 and servers in the field make of the two.
 */
export function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  // Some servers route an issuer that ends with a slash only with its slash. At the root there is no path to keep it on.
  const slash = path !== '' && pathname.endsWith('/') ? [origin + oauth + pathname] : []
  return [...new Set([origin + oauth + path, origin + path + openid, origin + openid + path, ...slash])]
}
