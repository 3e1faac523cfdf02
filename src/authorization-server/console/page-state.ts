/** What the page shows. All of it is in the URL, so that it survives a reload and can be sent as a link. */
export interface PageState {
  readonly view: 'table' | 'graph' | 'faults'
  /** Filter: only clients that may call this service. */
  readonly service: string | undefined
  /** Filter: only clients whose id contains this text. */
  readonly client: string | undefined
  /** The client and the service that the inspector shows. */
  readonly selected: Selected
  /** Scopes that a refused request lacked. They are already selected in the form. */
  readonly propose: readonly string[]
  /** The index of the first row and of the first column that are shown. */
  readonly row: number
  readonly column: number
  /** Whether cells show the number of scopes instead of their names. */
  readonly compact: boolean
  /** The current step in the list of faults to try. */
  readonly way: number | undefined
}

/** If both are set, the inspector shows what the client may do at the service. */
export interface Selected {
  readonly clientId: string | undefined
  readonly service: string | undefined
}

const views = ['table', 'graph', 'faults'] as const

export function readState(query: URLSearchParams): PageState {
  const text = (name: string) => query.get(name)?.slice(0, 200) || undefined
  const count = (name: string) => Math.max(0, Math.min(1_000_000, Number.parseInt(query.get(name) ?? '', 10) || 0))
  return {
    view: views.find((view) => view === query.get('view')) ?? 'table',
    service: text('service'),
    client: text('client'),
    selected: { clientId: text('c'), service: text('s') },
    propose: (text('propose') ?? '').split(' ').filter((scope) => scope !== ''),
    row: count('row'),
    column: count('column'),
    compact: query.get('compact') === '1',
    way: query.has('way') ? count('way') : undefined
  }
}

/** The URL of a state. Default values are left out. */
export function urlOf(state: PageState, path = '/'): string {
  const { view, service, client, selected, propose, row, column, compact, way } = state
  const fields = {
    view: view === 'table' ? undefined : view,
    service,
    client,
    c: selected.clientId,
    s: selected.service,
    propose: propose.join(' '),
    row: row || undefined,
    column: column || undefined,
    compact: compact ? 1 : undefined,
    way
  }
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')
  const query = new URLSearchParams(Object.fromEntries(given.map(([name, value]) => [name, String(value)]))).toString()
  return query === '' ? path : `${path}?${query}`
}

/** The URL of the same page with something else selected. */
export function selecting(state: PageState, selected: Partial<Selected>, propose: readonly string[] = []): string {
  return urlOf({ ...state, selected: { clientId: undefined, service: undefined, ...selected }, propose })
}
