import { tokenServer } from '../../fleet/token-server.ts'

const second = 1000

/** A token endpoint of limited capacity. */
export interface LimitedServer {
  readonly tokenEndpoint: string
  /** Milliseconds from the start of the drill at which requests came, and at which it gave tokens. */
  readonly requests: number[]
  readonly served: number[]
  /** Tokens that it gives in a second: with 0 it is down. */
  capacity: number
  /** The drill begins. */
  start(): void
}

export interface Limits {
  /** Seconds that its tokens live. */
  readonly life: number
  readonly capacity: number
  /** Seconds after which it asks the others to come back; else they get a 503. */
  readonly retryAfter?: number
}

/** A capacity that no drill reaches. */
export const unlimited = 10_000

export async function limitedServer({ life, capacity, retryAfter }: Limits): Promise<LimitedServer> {
  const { tokenEndpoint, answer } = await tokenServer(life)
  let began = performance.now()
  let filledAt = began
  let left = capacity

  answer((response, give) => {
    const now = performance.now()
    left = Math.min(server.capacity, left + ((now - filledAt) / second) * server.capacity)
    filledAt = now
    server.requests.push(now - began)
    if (left >= 1) {
      left -= 1
      server.served.push(now - began)
      give()
    } else if (retryAfter === undefined) response.writeHead(503).end()
    else response.writeHead(429, { 'retry-after': String(retryAfter) }).end()
  })

  const server: LimitedServer = {
    tokenEndpoint,
    requests: [],
    served: [],
    capacity,
    start() {
      began = performance.now()
      server.requests.length = 0
      server.served.length = 0
    }
  }
  return server
}

/** How many of the moments fall into each second of that time, or into each time of so many seconds that begins with one of them. */
export function perSecond(moments: readonly number[], from: number, to: number, seconds = 1): number[] {
  return Array.from({ length: to - from }, (_, index) => {
    const begin = (from + index) * second
    return moments.filter((moment) => moment >= begin && moment < begin + seconds * second).length
  })
}
