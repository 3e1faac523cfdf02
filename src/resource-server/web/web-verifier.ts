import type { Clock } from '../../clock.ts'
import type { Sender } from '../../http/send.ts'
import { limits } from '../../limits.ts'
import { discoveredIssuer } from '../../metadata/discovery.ts'
import { checkedFields, functionOption, nonEmptyString } from '../../wrong-option.ts'
import { judge } from '../judge.ts'
import type { VerificationKeys } from '../keys/verification-keys.ts'
import { checkForm, presentedToken } from '../presented-token.ts'
import { SignedTokenCheck } from '../signed-token.ts'
import { credentialsIn, type TokenCarrier } from '../token-carrier.ts'
import { RefusedToken } from '../token-refused-error.ts'
import { checkTrust, type Trust, type TrustOptions, trustOptionNames } from '../trust.ts'
import type { VerifiedToken } from '../verified-token.ts'
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
  const realm = nonEmptyString('realm', options.realm ?? trust.expected.audience.join(' '), 'Give a string.')
  const sender = webSender((...request) => fetch(...request))
  const keys = openKeys(trust, sender, clock)
  const { algorithms, expected } = trust
  const signed = new SignedTokenCheck({ keys, algorithms, expected, now: () => clock.wallTime() })
  const { refusal: _unused, ...judging } = judge({
    challenge: { realm, resourceMetadata: undefined },
    expected,
    check: (carrier) => check(carrier, signed)
  })
  return {
    ...judging,
    keys: { export: () => keys.export?.() },
    close: () => sender.close()
  }
}

function openKeys({ keySource, algorithms, expected }: Trust, sender: Sender, clock: Clock): VerificationKeys {
  const [issuer] = expected.issuers
  const { keyUses = [] } = expected.profile
  return keySource.open({
    issuer,
    server: discoveredIssuer({ issuer: issuer ?? '', sender, clock, timeout: limits.issuerWait }),
    sender,
    clock,
    algorithms,
    keyUses,
    read: webKey,
    staleFor: limits.keyLife,
    savedKeys: undefined,
    insecureHttpAllowed: false
  })
}

async function check(carrier: TokenCarrier, signed: SignedTokenCheck): Promise<VerifiedToken> {
  const credentials = credentialsIn(carrier)
  const text = presentedToken(credentials, false)
  checkForm(credentials)
  if (text.length > limits.tokenBytes) throw new RefusedToken('too_large')
  const { token } = await signed.verify(text)
  if (token.claims.cnf !== undefined) throw new RefusedToken('unknown_binding')
  return token
}
