/** What is known about one kind of token that services share. True times. */
interface SharedKind {
  /** The last good answer of the authorization server. */
  grantedAt: number
  /** Somebody refused one of these tokens. */
  disturbedAt: number
}

/** What the services of a run share, seen from outside. */
export interface SharedView {
  /** True time since which nothing has been wrong anywhere. */
  calmSince: number
  faults: number
  readonly kinds: Map<string, SharedKind>
}

export function newSharedView(): SharedView {
  return { calmSince: 0, faults: 0, kinds: new Map() }
}

export function kindOf({ kinds }: SharedView, scope: string): SharedKind {
  const known = kinds.get(scope) ?? { grantedAt: Number.NEGATIVE_INFINITY, disturbedAt: Number.NEGATIVE_INFINITY }
  kinds.set(scope, known)
  return known
}
