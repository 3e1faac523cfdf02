/** What the page shows. All of it is in the URL, so that a reload and a link keep it. */
export interface PageState {
  readonly view: 'table' | 'graph' | 'faults'
  /** Only who may reach this service. */
  readonly service: string | undefined
  /** Only clients whose id contains this. */
  readonly client: string | undefined
  /** What the inspector shows. */
  readonly selected: Selected
  /** Scope tokens that are ticked before anybody has asked: what a refused request lacked. */
  readonly propose: readonly string[]
  /** The first row and column that are shown. */
  readonly row: number
  readonly column: number
  /** Cells show the number of scopes instead of their names. */
  readonly compact: boolean
  /** Where one is in the list of ways to break. */
  readonly way: number | undefined
}

/** Both: what the client may do at the service. */
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

/** The URL of a state; what is usual is left out. */
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
