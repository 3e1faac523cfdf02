import { type FleetOptions, type FleetReport, simulateFleet } from 'service-token-client/fleet'
import { command, UsageError } from '../command.ts'
import { countFrom, durationFrom } from '../duration.ts'

export const simulate = command({
  about:
    'Simulates a fleet of instances by the arithmetic of this library, and says what the authorization server and a shared store would see. Nothing is sent.',
  options: {
    instances: { type: 'string', value: 'NUMBER', about: 'How many instances; 500 unless given.' },
    rollout: { type: 'string', value: 'TIME', about: 'How long they take to start: 60s unless given.' },
    lifetime: { type: 'string', value: 'TIME', about: 'How long a token lives: 12h unless given.' },
    duration: { type: 'string', value: 'TIME', about: 'How long is simulated: three lifetimes unless given.' },
    capacity: { type: 'string', value: 'NUMBER', about: 'Token requests that the server answers in a second.' },
    store: { type: 'boolean', about: 'With a shared store.' },
    shards: { type: 'string', value: 'NUMBER', about: 'Equal records of the store; 1 unless given.' },
    'outage-at': { type: 'string', value: 'TIME', about: 'When the server goes down.' },
    outage: { type: 'string', value: 'TIME', about: 'How long it is down.' },
    seed: { type: 'string', value: 'NUMBER', about: 'The same seed has the same course; 1 unless given.' }
  },
  examples: [
    { line: 'service-token simulate --instances 10000 --capacity 50', about: 'A rollout of ten thousand instances' },
    {
      line: 'service-token simulate --instances 500 --lifetime 1h --outage-at 2h --outage 30m',
      about: 'What half an hour of outage costs with tokens of an hour'
    },
    { line: 'service-token simulate --instances 500 --store', about: 'The same fleet with a shared store' }
  ],
  exitCodes: { 0: 'The figures were printed.', 2: 'Wrong usage.' },
  async run({ values, json, terminal }) {
    const options = fleetOptions(values)
    const report = simulateFleet(options)
    if (json) terminal.printJson({ ...report, perSecond: undefined })
    else terminal.print(lines(options, report).join('\n'))
    return 0
  }
})

type Values = Readonly<Record<string, string | boolean | undefined>>

function fleetOptions(values: Values): FleetOptions {
  const text = (flag: string) => values[flag] as string | undefined
  const time = (flag: string) => durationFrom(`--${flag}`, text(flag))
  const count = (flag: string) => countFrom(`--${flag}`, text(flag))
  if (values.shards !== undefined && values.store !== true) throw new UsageError('--shards goes with --store.')
  if ((values.outage === undefined) !== (values['outage-at'] === undefined))
    throw new UsageError('Give --outage and --outage-at together.')
  const given = {
    instances: count('instances') ?? 500,
    rollout: time('rollout'),
    lifetime: time('lifetime'),
    duration: time('duration'),
    capacity: count('capacity'),
    seed: count('seed'),
    store: values.store === true ? { shards: count('shards') ?? 1 } : undefined,
    outage: values.outage === undefined ? undefined : { at: time('outage-at'), duration: time('outage') }
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as unknown as FleetOptions
}

function lines({ instances }: FleetOptions, report: FleetReport): string[] {
  const { requests, peaks, mean, sockets, failedInstances, failedShare, storePeak } = report
  const rows: [string, string][] = [
    ['instances', `${instances}`],
    ['token requests in all', `${requests}`],
    ['worst second of the rollout', `${peaks[0] ?? 0} requests`],
    ['worst second of each later round', peaks.slice(1).join(', ') || 'not simulated'],
    ['after the rollout, on average', `${mean.toPrecision(3)} requests a second`],
    ['connections open at once', `${sockets}`],
    ['times that an instance had no token', `${failedInstances}`],
    ['share of time without a token', `${(failedShare * 100).toPrecision(2)} %`]
  ]
  if (storePeak !== undefined) rows.push(['worst second of one shard', `${storePeak} commands`])
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}
