import { createRequire } from 'node:module'
import type { Agent, BalancedPool, Client, Dispatcher, Pool, RetryAgent, RoundRobinPool } from 'undici'

/** The dispatchers of one major of undici. Both load on every Node, since nothing else of undici is loaded with them. */
export interface Dispatchers {
  readonly Agent: typeof Agent
  readonly Client: typeof Client
  readonly Pool: typeof Pool
  readonly BalancedPool: typeof BalancedPool
  readonly RoundRobinPool: typeof RoundRobinPool
  readonly RetryAgent: typeof RetryAgent
}

const require = createRequire(import.meta.url)

export const majors = [7, 8] as const
export type Major = (typeof majors)[number]

export function dispatchersOf(major: Major): Dispatchers {
  const load = (file: string) => require(`${major === 7 ? 'undici' : 'undici8'}/lib/dispatcher/${file}.js`)
  return {
    Agent: load('agent'),
    Client: load('client'),
    Pool: load('pool'),
    BalancedPool: load('balanced-pool'),
    RoundRobinPool: load('round-robin-pool'),
    RetryAgent: load('retry-agent')
  }
}

/** How each kind is made for one origin, and for another one beside it where it takes several. */
export const kinds: Readonly<
  Record<string, (of: Dispatchers, origin: string, other: string, options: object) => Dispatcher>
> = {
  Agent: ({ Agent }, _origin, _other, options) => new Agent(options),
  'Agent whose factory gives one Client': ({ Agent, Client }, origin, _other, options) =>
    new Agent({ ...options, factory: () => new Client(origin, options) }),
  Client: ({ Client }, origin, _other, options) => new Client(origin, options),
  Pool: ({ Pool }, origin, _other, options) => new Pool(origin, options),
  RoundRobinPool: ({ RoundRobinPool }, origin, _other, options) => new RoundRobinPool(origin, options),
  BalancedPool: ({ BalancedPool }, origin, other, options) => new BalancedPool([origin, other], options),
  'RetryAgent of a Client': ({ RetryAgent, Client }, origin, _other, options) =>
    new RetryAgent(new Client(origin, options)),
  'RetryAgent of an Agent': ({ RetryAgent, Agent }, _origin, _other, options) => new RetryAgent(new Agent(options))
}
