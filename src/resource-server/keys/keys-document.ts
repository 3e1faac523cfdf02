import type { JSONWebKeySet } from 'jose'
import { limits } from '../../limits.ts'
import { withoutPrototypes } from '../../own-members.ts'
import type { KeyContext } from './verification-keys.ts'

/** Where the keys are published. `lost` finds the URL again if there is nothing at the known one. */
export interface Place {
  url(): Promise<string>
  lost?(): Promise<string>
}

interface KeysAnswer {
  readonly status: number
  readonly body: Uint8Array
}

/** Fetches the JWK Set from a place (RFC 7517 §5). */
export async function fetchDocument(place: Place, context: KeyContext): Promise<JSONWebKeySet> {
  const known = await place.url()
  const answer = await ask(known, context)
  if (answer.status !== 404 && answer.status !== 410) return documentIn(known, answer)
  const now = (await place.lost?.()) ?? known
  return documentIn(now, now === known ? answer : await ask(now, context))
}

function ask(url: string, { sender }: KeyContext): Promise<KeysAnswer> {
  const headers = { accept: 'application/jwk-set+json, application/json' }
  return sender.send({
    method: 'GET',
    url,
    headers,
    certificate: undefined,
    timeout: limits.issuerWait,
    mostBytes: limits.documentBytes
  })
}

function documentIn(url: string, { status, body }: KeysAnswer): JSONWebKeySet {
  if (status !== 200) throw new Error(`${url}, the URL of the keys, answered ${status}.`)
  const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  const document = withoutPrototypes(JSON.parse(text) as JSONWebKeySet)
  if (!Array.isArray(document?.keys)) throw new Error(`The answer at ${url} is not a JWK Set.`)
  return document
}
