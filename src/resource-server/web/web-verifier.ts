import type { Clock } from '../../clock.ts'
import { limits } from '../../limits.ts'
import { discoveredIssuer } from '../../metadata/discovery.ts'
import { checkedFields, functionOption, nonEmptyString } from '../../wrong-option.ts'
import { judge } from '../judge.ts'
import { checkForm, presentedToken } from '../presented-token.ts'
import { SignedTokenCheck } from '../signed-token.ts'
import { credentialsIn } from '../token-carrier.ts'
import { RefusedToken } from '../token-refused-error.ts'
import { checkTrust, type TrustOptions, trustOptionNames } from '../trust.ts'
import type { AccessTokenVerifier } from '../verifier.ts'
import { webKey } from './key.ts'
import { webSender } from './sender.ts'
import { webClock } from './web-clock.ts'

export interface WebVerifierOptions extends TrustOptions {
  /** The function that sends requests to the issuer. The default is the platform's fetch. */
  readonly fetch?: typeof globalThis.fetch
  /** The `realm` of challenges. The default is the audience. */
  readonly realm?: string
  readonly clock?: Clock
}

const known = [...trustOptionNames, 'fetch', 'realm', 'clock']

/**
 * Creates a verifier for the access tokens of one issuer on edge runtimes. It uses WebCrypto and fetch and does the same checks as the verifier for
 * Node. It does not store verified tokens, does no introspection, and refuses tokens that are bound to a certificate or a DPoP key.
 * @throws ClientConfigurationError
 */
export function accessTokenVerifier(given: WebVerifierOptions): AccessTokenVerifier {
  const options = checkedFields('accessTokenVerifier options', given, known) as WebVerifierOptions
  const { fetch = globalThis.fetch, clock = webClock } = options
  functionOption('fetch', fetch, 'Give a function that works like the platform’s fetch.')
  const trust = checkTrust(options, false)
  const { expected, algorithms, keySource } = trust
  const realm = nonEmptyString('realm', options.realm ?? expected.audience.join(' '), 'Give a string.')
  const [issuer] = expected.issuers
  const sender = webSender((...request) => fetch(...request))
  const server = discoveredIssuer({
    issuer: issuer ?? '',
    sender,
    clock,
    timeout: limits.issuerWait
  })
  const { keyUses = [] } = expected.profile
  const reading = { read: webKey, algorithms, keyUses }
  const context = {
    issuer,
    server,
    sender,
    clock,
    staleFor: limits.keyLife,
    savedKeys: undefined,
    insecureHttpAllowed: false
  }
  const keys = keySource.open({ ...context, ...reading })
  const signed = new SignedTokenCheck({ keys, algorithms, expected, now: () => clock.wallTime() })

  const { refusal: _unused, ...judging } = judge({
    challenge: { realm, resourceMetadata: undefined },
    expected,
    async check(carrier) {
      const credentials = credentialsIn(carrier)
      const text = presentedToken(credentials, false)
      checkForm(credentials)
      if (text.length > limits.tokenBytes) throw new RefusedToken('too_large')
      const { token } = await signed.verify(text)
      if (token.claims.cnf !== undefined) throw new RefusedToken('unknown_binding')
      return token
    }
  })
  return {
    ...judging,
    keys: { export: () => keys.export?.() },
    close: () => sender.close()
  }
}
