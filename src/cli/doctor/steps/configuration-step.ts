import {
  ClientConfigurationError,
  clientOptionsFrom,
  createTokenClient,
  type TokenClientOptions
} from 'service-token-client'
import { configuredEndpoint } from '../configured-endpoint.ts'
import { type Finding, type FindingName, finding } from '../finding.ts'
import type { Outcome } from '../step.ts'

type Environment = Readonly<Record<string, string | undefined>>

const names: Readonly<Record<string, FindingName>> = {
  ERR_MISSING_OPTION: 'setting-missing',
  ERR_UNKNOWN_OPTION: 'setting-unknown',
  ERR_CONFLICTING_OPTIONS: 'settings-conflict',
  ERR_INSECURE_ORIGIN: 'plain-http'
}

/** Checks whether a client can be created from the settings. */
export async function checkConfiguration(
  settings: Environment,
  environment: Environment
): Promise<Outcome<TokenClientOptions>> {
  const off = environment.NODE_TLS_REJECT_UNAUTHORIZED === '0'
  const findings = off ? [finding('tls-verification-off', 'NODE_TLS_REJECT_UNAUTHORIZED is 0.')] : []
  try {
    const options = clientOptionsFrom(settings)
    await createTokenClient(options).close()
    const server = options.issuer ?? configuredEndpoint(options)
    return { summary: `client ${options.clientId} of ${server}`, findings, fact: options }
  } catch (error) {
    if (!(error instanceof ClientConfigurationError)) throw error
    return { summary: '', findings: [...findings, wrongSetting(error)] }
  }
}

function wrongSetting({ code, message }: ClientConfigurationError): Finding {
  const unreadable = / cannot be read /.test(message)
  return finding(unreadable ? 'credential-unavailable' : (names[code] ?? 'setting-invalid'), message)
}
