export const faultKinds = [
  'outage',
  'server error',
  'slowness',
  'silence',
  'drip',
  'rate limit',
  'malformed answer',
  'reset',
  'duplicated delivery',
  'refusal',
  'odd answer',
  'same token',
  'discovery',
  'secret rotation',
  'secret supplier',
  'key rotation',
  'resource refuses',
  'resource fails',
  'partition',
  'clock step',
  'suspend',
  'freeze',
  'listener throws',
  'abort',
  'close'
] as const

export type FaultKind = (typeof faultKinds)[number]
