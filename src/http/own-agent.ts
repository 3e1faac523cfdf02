import type { Agent } from 'undici'
import { TokenClientError } from '../errors.ts'
import type { ClientCertificate } from './client-certificate.ts'

/** Where Node's built-in `fetch` finds its dispatcher. */
const slot = Symbol.for('undici.globalDispatcher.1')

const keepAlive = 4_000

export interface Trust {
  /** PEM of the authorities to trust; those of the platform unless given. */
  readonly ca?: string | undefined
  /** What connections present. */
  readonly certificate?: ClientCertificate | undefined
}

/**
 * An undici Agent for token requests alone: no other answer can be taken for one, and no setting of the process reaches it.
 * Connections are kept for seconds, since the next token request is hours away.
 */
export async function ownAgent({ ca, certificate }: Trust = {}): Promise<Agent> {
  const { Agent } = await importUndici()
  const identity = certificate && { cert: certificate.cert, key: certificate.key.reveal() }
  return new Agent({
    connect: { ...(ca !== undefined && { ca }), ...identity },
    pipelining: 1,
    connections: 16,
    keepAliveTimeout: keepAlive,
    keepAliveMaxTimeout: keepAlive,
    allowH2: false // One short exchange at a time gains nothing from HTTP/2, and undici 7 has it off.
  })
}

/** Importing undici 8 puts its own Agent behind the built-in `fetch` of the whole process: that is undone. */
async function importUndici(): Promise<typeof import('undici')> {
  void globalThis.Headers // Makes Node's own undici, which loads when first touched, fill the slot first.
  const globals = globalThis as { [slot]?: unknown }
  const before = globals[slot]
  try {
    return await import('undici')
  } catch (cause) {
    throw peerMissing(cause)
  } finally {
    if (globals[slot] !== before) globals[slot] = before
  }
}

function peerMissing(cause: unknown): TokenClientError {
  const message =
    'The peer dependency undici cannot be loaded: see the cause. Install it beside this library (npm install undici; on Node 20 undici@7), or give dispatcher or fetch.'
  return new TokenClientError('ERR_MISSING_OPTION', message, { transient: false, cause })
}
