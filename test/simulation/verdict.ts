/** What must hold after every event, whatever happens elsewhere. How each is checked stands where `Iⁿ` is reported. */
export const invariants = {
  I1: 'No call fails for want of a token while the service holds one that its monotonic clock does not call expired.',
  I2: 'No token is sent past its end, unless the clocks of its host disagree; then only after another one was asked for.',
  I3: 'A service has at most one token request under way for each kind of token.',
  I4: 'A service asks no sooner and no more often than the back-off law allows, and waits no longer than it demands.',
  I5: 'A token goes to the origins that it was told to and a secret to the token endpoint, and to nobody else.',
  I6: 'Only a rejection of the token in hand replaces it early; no older token comes back after a newer one.',
  I7: 'Every call ends by its deadline, once, and no promise is rejected without a listener.',
  I8: 'A closed client leaves nothing: no timer, no exchange, no waiting call, no later request or event.',
  I9: 'No secret and no token stands in an error, an event, a warning or the health.',
  I10: 'Kinds of tokens, timers and abort listeners are bounded by what is in use.',
  I11: 'When the faults are over, every service has a good token as soon as the law lets it ask.',
  I12: 'A request is sent again at most once, only after a 401, only whole, and only with another token; repeats with another proof are apart.',
  I13: 'A token value never lives past an end that was told for it.',
  I14: 'No call fails when the server has been well for ten seconds, or a tenth of the life, before a token ends, or when a first one is asked for.',
  I15: 'Requests to a server that is ill go one at a time for the process, and one in the background.',
  I16: 'No call waits while its service holds a good token that its own origin has not refused, whoever else has.',
  I17: 'While the store works, a fleet asks once for each kind of token and refresh, and once more for each holder that died.',
  I18: 'No DPoP proof is sent twice, and each is for the request and the token that it goes with; a token goes by its own scheme.',
  I19: 'A demand for another proof costs no token and fails no call that can be sent again.'
} as const

export type Invariant = keyof typeof invariants

export interface Violation {
  readonly invariant: Invariant
  readonly time: number
  readonly who: string
  readonly what: string
}

/** Everything that is printed for users of the library begins with this when it must not be printed. */
export const marker = 'marker-'
