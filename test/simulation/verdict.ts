/** What must hold after every event, whatever goes wrong elsewhere. Each is checked where its name is reported. */
export const invariants = {
  I1: 'No call fails for want of a token while the service holds one that its monotonic clock does not call expired.',
  I2: 'No token is sent past its end, unless the clocks of its host disagree; then only after another one was asked for.',
  I3: 'A service has at most one token request under way for each kind of token.',
  I4: 'A service asks no sooner and no more often than the law of waiting allows, and it waits no longer than the law demands.',
  I5: 'A token goes only to the origins that it is meant for, and a secret goes only to the token endpoint.',
  I6: 'Only a rejection of the token in hand replaces it early; no older token comes back after a newer one.',
  I7: 'Every call ends by its deadline, once, and no promise is rejected without a listener.',
  I8: 'A closed client leaves nothing: no timer, no exchange, no waiting call, no later request or event.',
  I9: 'No secret and no token appears in an error, an event, a warning or the health.',
  I10: 'Kinds of tokens, timers and abort listeners are bounded by what is in use.',
  I11: 'When the faults are over, every service has a good token as soon as the law lets it ask.',
  I12: 'A request is sent again at most once, only after a 401, only whole, and only with another token. Repeats with another proof do not count.',
  I13: 'A token value never lives past an end that was told for it.',
  I14: 'No call fails if the server was well for ten seconds, or a tenth of the life, before a token ends. No call for a first token fails if the server was well all the time.',
  I15: 'At most one request that callers wait for and one in the background are under way to a server that is ill.',
  I16: 'No call waits while its service holds a good token that its own origin has not refused.',
  I17: 'While the store works, a fleet asks once for each kind of token and refresh, and once more for each holder that died.',
  I18: 'No DPoP proof is sent twice, each fits the request and the token that it goes with, and a token is sent with its own scheme.',
  I19: 'A demand for another proof costs no token and fails no call that can be sent again.'
} as const

export type Invariant = keyof typeof invariants

export interface Violation {
  readonly invariant: Invariant
  readonly time: number
  readonly who: string
  readonly what: string
}

/** Every secret and every token begins with this, so it is found wherever one is printed. */
export const marker = 'marker-'
