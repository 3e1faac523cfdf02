/** What can be seen of one kind of token that services share. True times. */
interface SharedKind {
  /** The last good answer of the authorization server. */
  grantedAt: number
}

/** What can be seen from outside of the tokens that the services of a run share. */
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
  const known = kinds.get(scope) ?? { grantedAt: Number.NEGATIVE_INFINITY }
  kinds.set(scope, known)
  return known
}
