import { TokenClientError } from '../errors.ts'
import { codeOf } from '../http/code-of.ts'
import { exhaustion } from '../http/exhaustion.ts'
import { type Deadline, withDeadline } from '../waiting/deadline.ts'
import { wrong } from '../wrong-option.ts'
import type { Warn } from './client-authentication.ts'

/** The source of a credential. It is read before every attempt, because credentials rotate. */
export interface CredentialSource<Credential> {
  /** The current credential. Rejects with `ERR_SECRET_UNAVAILABLE` if it does not arrive in time and there was none before. */
  read(warn: Warn, deadline?: Deadline): Promise<Credential>
}

/** Why something cannot be a credential, as the rest of a sentence that does not contain it. */
export class CredentialFault extends Error {
  override readonly name = 'CredentialFault'
}

/** The name of a source in messages. It is a function if the name depends on what is known when the message is written. */
type Name = string | (() => string)

function nameOf(what: Name): string {
  return typeof what === 'string' ? what : what()
}

/** For a credential that is known when the client is created. A fault is then a wrong option (`ERR_INVALID_OPTION`). */
export function configured<Credential>(what: Name, remedy: string, load: () => Credential): Credential {
  try {
    return load()
  } catch (error) {
    if (error instanceof TokenClientError) throw error
    wrong(nameOf(what), faultOf(error), remedy)
  }
}

/** A credential that never changes. */
export function fixed<Credential>(credential: Credential): CredentialSource<Credential> {
  return new Fixed(credential)
}

class Fixed<Credential> implements CredentialSource<Credential> {
  readonly #credential: Credential

  constructor(credential: Credential) {
    this.#credential = credential
  }

  async read(): Promise<Credential> {
    return this.#credential
  }
}

/** A credential that is loaded each time and kept, so if the source fails or hangs later, no call fails. */
export function keeping<Credential>(
  what: Name,
  load: () => Credential | Promise<Credential>,
  first?: Credential
): CredentialSource<Credential> {
  let lastGood = first
  let loading: { readonly since: number; readonly credential: Promise<Credential> } | undefined

  /** A credential that arrives too late for its own request is used for the next one. */
  async function loadAndKeep(): Promise<Credential> {
    lastGood = await load()
    return lastGood
  }

  /** Requests that need it at the same time load it once. Nobody joins a load that takes long, because it may never end. */
  function join({ clock }: Deadline): Promise<Credential> {
    const moment = clock.monotonicTime()
    if (loading !== undefined && moment < loading.since + longestToJoin) return loading.credential
    const own = { since: moment, credential: loadAndKeep() }
    const leave = () => {
      if (loading === own) loading = undefined
    }
    own.credential.then(leave, leave)
    loading = own
    return own.credential
  }

  return {
    async read(warn, deadline) {
      try {
        return await (deadline === undefined ? loadAndKeep() : inTime(() => join(deadline), deadline))
      } catch (error) {
        deadline?.signal.throwIfAborted()
        const message = `${nameOf(what)} ${faultOf(error)}.`
        if (lastGood === undefined) throw unavailable(message, error)
        warn('secret_unavailable', `${message} The last good one stays in use.`)
        return lastGood
      }
    }
  }
}

const longestToJoin = 1000

/** The share of the remaining time. The rest is for sending an earlier credential, or that of the next source. */
const shareOfSource = 0.8

function inTime<Credential>(load: () => Promise<Credential>, deadline: Deadline): Promise<Credential> {
  const { clock, signal } = deadline
  const timeout = shareOfSource * deadline.left()
  const timedOut = () => new CredentialFault(`gave nothing within ${Math.round(timeout)} ms. See what it waits for`)
  return withDeadline({ clock, timeout, timedOut, signals: [signal] }, load)
}

/** What a user's function must return, and how to say that its result is wrong. */
export function supplied<Given, Credential>(
  option: string,
  wanted: string,
  supply: () => Given | Promise<Given>,
  parse: (given: Given) => Credential
): CredentialSource<Credential> {
  const remedy = `Have it return ${wanted}, or a promise of one`
  return keeping(`The ${option} function`, async () => {
    const returned = await called(supply)
    if (returned === undefined || returned === null) throw new CredentialFault(`returned ${returned}. ${remedy}`)
    try {
      return parse(returned)
    } catch (error) {
      throw new CredentialFault(`returned a value that ${faultOf(error)}. ${remedy}`)
    }
  })
}

async function called<Given>(supply: () => Given | Promise<Given>): Promise<Given> {
  try {
    return await supply()
  } catch (cause) {
    throw new CredentialFault(cause instanceof Error ? 'failed: see the cause' : 'failed', { cause })
  }
}

/** The text of an error of other code can contain anything, so we report only the code of a system call. */
function faultOf(error: unknown): string {
  if (error instanceof CredentialFault) return error.message
  const code = error instanceof Error ? codeOf(error) : ''
  return code === '' ? 'failed' : `cannot be read (${code})`
}

function unavailable(message: string, error: unknown): TokenClientError {
  // The message of the file system repeats the path, which can be a secret that was given by mistake.
  const cause = error instanceof CredentialFault ? error.cause : undefined
  const isExhausted = exhaustion((error as NodeJS.ErrnoException).code) !== undefined
  return new TokenClientError(isExhausted ? 'ERR_RESOURCE_EXHAUSTED' : 'ERR_SECRET_UNAVAILABLE', message, {
    transient: true,
    cause
  })
}
