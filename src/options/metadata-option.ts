import { secureUrl } from '../http/secure-url.ts'
import { describedServer, type ExpectedServer, MetadataFault } from '../metadata/metadata-document.ts'
import type { AuthorizationServer } from '../metadata/server-source.ts'
import { isUrl } from '../realm.ts'
import { isRecord } from '../record.ts'
import { kindOf, wrong } from '../wrong-option.ts'

/** A metadata document (RFC 8414 §2) as you have it, or the URL where it is. */
export type ServerMetadata = string | URL | Readonly<Record<string, unknown>>

/** Where the metadata is, or its content. Throws ClientConfigurationError. */
export function metadataOption(given: unknown, expected: ExpectedServer): string | AuthorizationServer {
  const remedy = "Give the URL of the server's metadata, or the document as an object (RFC 8414 §2)."
  if (typeof given === 'string' || isUrl(given)) {
    const example = 'https://auth.internal/.well-known/openid-configuration'
    const { hash } = secureUrl('metadata', given, example, expected.insecureHttpAllowed)
    if (hash !== '') wrong('metadata', 'has a fragment', remedy)
    return String(given)
  }
  if (!isRecord(given)) wrong('metadata', `must be a URL or an object, but is ${kindOf(given)}`, remedy)
  try {
    return describedServer(given, expected)
  } catch (error) {
    if (!(error instanceof MetadataFault)) throw error
    wrong('metadata', error.message, remedy)
  }
}
