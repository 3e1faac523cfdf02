import type { Routes } from './routes.ts'

// What we can see of undici's redirect interceptor, which follows redirects below or above ours.

/** URLs that it has come to below, the one that answers included. Few requests have any. */
const visitedBelow = new WeakMap<object, readonly URL[]>()

/** It gives them along with each start of a request, and adds to them as it goes. */
export function noteRedirects(attempt: object, context: unknown): void {
  const { history } = (context ?? {}) as { readonly history?: unknown }
  if (isHistory(history)) visitedBelow.set(attempt, history)
}

/** Whether another URL answers than the one that was requested. */
export function wasRedirected(attempt: object): boolean {
  const [first, ...others] = visitedBelow.get(attempt) ?? []
  return others.some(({ href }) => href !== first?.href)
}

/** Whether the request has left the origin. undici removes the token there, so no later answer is about the token. */
export function hasLeft(attempt: object, origin: string): boolean {
  return visitedBelow.get(attempt)?.some((url) => url.origin !== origin) ?? false
}

interface Link {
  /** Of the handler of undici's redirect interceptor. */
  readonly history?: unknown
  /** The handler that this one passes its events on to, where it shows it. */
  readonly handler?: Link | null
}

/**
 * Whether a request was redirected by an origin outside the policy. That origin chose the target, and could
 * point to an internal address.
 */
export function comesThroughStranger(handler: object, routes: Routes): boolean {
  let link: Link | null | undefined = handler
  for (let steps = 0; typeof link === 'object' && link !== null && steps < mostSteps; steps += 1) {
    const { history } = link
    if (isHistory(history) && history.some(({ origin }) => routes.of(origin).length === 0)) return true
    link = link.handler
  }
  return false
}

const mostSteps = 10

function isHistory(history: unknown): history is readonly URL[] {
  return Array.isArray(history) && history.every((url) => url instanceof URL)
}
