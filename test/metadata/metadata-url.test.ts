import { expect, test } from 'vitest'
import { metadataUrls } from '../../src/metadata/metadata-url.ts'

const [oauth, openid] = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']

test.each([
  ['https://a.example', [`https://a.example${oauth}`, `https://a.example${openid}`]],
  ['https://a.example/', [`https://a.example${oauth}`, `https://a.example${openid}`]],
  [
    'https://a.example:8443/realms/x',
    [
      `https://a.example:8443${oauth}/realms/x`,
      `https://a.example:8443/realms/x${openid}`,
      `https://a.example:8443${openid}/realms/x`
    ]
  ],
  [
    'https://a.example/x/',
    [
      `https://a.example${oauth}/x`,
      `https://a.example/x${openid}`,
      `https://a.example${openid}/x`,
      `https://a.example${oauth}/x/`
    ]
  ]
])('C49 the metadata of %s is asked for in these places, in this order', (issuer, urls) => {
  expect(metadataUrls(issuer)).toEqual(urls)
})
