import { Secret } from '../token/secret.ts'
import { functionOption, nonEmptyString } from '../wrong-option.ts'
import type { ClientAuthentication, TokenRequestDraft } from './client-authentication.ts'
import { readWhole } from './credential-file.ts'
import { credentialRing } from './credential-ring.ts'
import { CredentialFault, type CredentialSource, keeping, supplied } from './credential-source.ts'
import { ringAuthentication } from './ring-authentication.ts'
import { shownPath } from './shown-path.ts'

interface Assertion {
  readonly jwt: Secret
  equals(other: Assertion): boolean
}

/**
 * An assertion that a platform writes into a file, for example a projected service account token of Kubernetes or a JWT-SVID of SPIFFE
 * (RFC 7521 §4.2, RFC 7523 §2.2). The file is read for every attempt. It may appear after the client is created.
 */
export function assertionFile(path: string): ClientAuthentication {
  nonEmptyString('assertionFile path', path, "Give the file's path, like '/var/run/secrets/tokens/auth'.")
  let shown: string | undefined
  const what = () => `The assertion file${shown ?? shownPath(path)}`
  return byAssertion(
    keeping(what, async () => {
      const jwt = checked((await readWhole(path)).toString().trim())
      shown = ` ${path}`
      return { jwt, equals: (other) => other.jwt.equals(jwt) }
    })
  )
}

/** An assertion from a function, which is called for every attempt. */
export function assertion(supply: () => string | Promise<string>): ClientAuthentication {
  functionOption('assertion supplier', supply, 'Give a function that returns a signed JWT, or use assertionFile(path).')
  return byAssertion(
    // Every assertion is new, so a new one does not mean that the credential has changed.
    supplied('assertion', 'a signed JWT as a string', supply, (text) => ({ jwt: checked(text), equals: () => true }))
  )
}

function byAssertion(source: CredentialSource<Assertion>): ClientAuthentication {
  return ringAuthentication(credentialRing([source]), {
    method: 'private_key_jwt',
    prove: (draft, { jwt }) => presentAssertion(draft, jwt.reveal())
  })
}

/** A half-written assertion has fewer than three parts, or an empty part. */
function checked(text: unknown): Secret {
  if (typeof text === 'string' && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return new Secret(text)
  throw new CredentialFault('is not a signed JWT')
}

/** Puts an assertion into the form; `client_id` goes with it because some servers look the client up before they read the assertion. */
export function presentAssertion({ clientId, form }: TokenRequestDraft, assertion: string): void {
  form.set('client_id', clientId)
  form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  form.set('client_assertion', assertion)
}
