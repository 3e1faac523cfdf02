import { type FleetOptions, type FleetReport, simulateFleet } from 'service-token-client/fleet'
import { command, UsageError } from '../command.ts'
import { countFrom, durationFrom } from '../duration.ts'

export const simulate = command({
  about:
    'Calculates, with the rules of this library, what the authorization server and a shared store of a fleet would see. It sends nothing.',
  options: {
    instances: { type: 'string', value: 'NUMBER', about: 'How many instances there are; 500 by default.' },
    rollout: {
      type: 'string',
      value: 'TIME',
      about: 'How long it takes until all of them have started; 60s by default.'
    },
    lifetime: { type: 'string', value: 'TIME', about: 'How long a token lives; 12h by default.' },
    duration: { type: 'string', value: 'TIME', about: 'How much time is simulated; three lifetimes by default.' },
    capacity: {
      type: 'string',
      value: 'NUMBER',
      about: 'How many token requests the server answers in a second; unlimited by default.'
    },
    store: { type: 'boolean', about: 'The instances share their tokens through a store.' },
    shards: {
      type: 'string',
      value: 'NUMBER',
      about: 'How many equal records the store keeps of a token; 1 by default.'
    },
    'outage-at': { type: 'string', value: 'TIME', about: 'When the server goes down.' },
    outage: { type: 'string', value: 'TIME', about: 'How long it is down.' },
    seed: {
      type: 'string',
      value: 'NUMBER',
      about: 'The seed of the random numbers; 1 by default. The same seed gives the same result.'
    }
  },
  examples: [
    {
      line: 'service-token simulate --instances 10000 --capacity 50',
      about: 'What does a rollout of ten thousand instances cost?'
    },
    {
      line: 'service-token simulate --instances 500 --lifetime 1h --outage-at 2h --outage 30m',
      about: 'What does an outage of half an hour cost if tokens live for an hour?'
    },
    {
      line: 'service-token simulate --instances 500 --store',
      about: 'What does a fleet cost that shares its tokens in a store?'
    }
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
  if (values.shards !== undefined && values.store !== true)
    throw new UsageError('--shards only works with --store. Give it too, or leave --shards out.')
  if ((values.outage === undefined) !== (values['outage-at'] === undefined))
    throw new UsageError('--outage and --outage-at only work together. Give both, or none of them.')
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
  const { requests, peaks, mean, sockets, tokenLosses, shareWithoutToken, storePeak } = report
  const rows: [string, string][] = [
    ['instances', `${instances}`],
    ['token requests in total', `${requests}`],
    ['worst second of the rollout', `${peaks[0] ?? 0} requests`],
    ['worst second of each later round', peaks.slice(1).join(', ') || 'not simulated'],
    ['after the rollout, on average', `${mean.toPrecision(3)} requests a second`],
    ['connections open at once', `${sockets}`],
    ['times that an instance had no token', `${tokenLosses}`],
    ['share of time without a token', `${(shareWithoutToken * 100).toPrecision(2)} %`]
  ]
  if (storePeak !== undefined) rows.push(['worst second of one shard', `${storePeak} commands`])
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}
