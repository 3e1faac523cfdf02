/** A seed that has failed once, and what it found. They run before all others. */
export interface Regression {
  readonly seed: number
  readonly found: string
}

// A change of the simulation gives a seed another course: what it found is held by a test of its own as well.
export const regressions: readonly Regression[] = [
  { seed: 16, found: 'maxWait ran out in the moment in which the token came, and the caller got the error' },
  { seed: 232, found: 'a secret source that hung once held back every later token request' },
  { seed: 334, found: 'a key that nobody asked for was let go with a refusal that still forbade to ask' },
  {
    seed: 102_161,
    found: 'the simulation itself took the newest credential for the refused one, which was an older one'
  },
  { seed: 102_691, found: 'the simulation itself took the end of a token from an answer that did not count' },
  {
    seed: 4956,
    found: 'an old refusal of the client made another key forget its failures, which was then asked for every second'
  },
  {
    seed: 301_515,
    found: 'a process that stood still between two attempts woke and sent the next one after the deadline of both'
  },
  { seed: 220_195, found: 'a credential that changed made refused keys forget their failures' },
  { seed: 77_270, found: 'a call 6 ms before the end of a token gave the server 6 ms, and failed for it' },
  { seed: 111_442, found: 'the simulation itself forgot that failures of a kind of token can have been let go twice' },
  { seed: 601_814, found: 'a caller of a token in its last second waited two seconds longer than its timeout' },
  { seed: 3107, found: 'the simulation itself counted a wait from the end of a flight and not from its last request' },
  { seed: 700_369, found: 'the simulation itself took the end of a token that came again to the millisecond' },
  {
    seed: 602_659,
    found: 'the simulation itself took the shorter one of two pauses that the server had asked for at once'
  },
  { seed: 2115, found: 'the simulation itself took the end of a pause from a kind of token that had broken it' },
  {
    seed: 344,
    found: 'the simulation itself took the life of a shared token from a look that the client had made no use of'
  },
  { seed: 306, found: 'the simulation itself took the moment of the last event for one at which all was well' },
  {
    seed: 877,
    found:
      'the simulation itself took a search for metadata that failed for nothing that other kinds of tokens have met'
  },
  {
    seed: 1095,
    found:
      'the simulation itself looked at the last attempt of a flight alone, where an earlier one had found the server ill'
  },
  {
    seed: 4412,
    found: 'a new secret that was refused once by mistake was left for the former one, which the server had retired'
  },
  { seed: 3860, found: 'the simulation itself counted requests that had their place before the server fell ill' },
  { seed: 898, found: 'of the calls whose proofs were refused together for their date only the first was sent again' },
  { seed: 2308, found: 'the simulation itself took a refusal whose body never came for a failure of the server' },
  {
    seed: 508_255,
    found: 'a suspend during a token request was counted twice, and calls waited although half the life was left'
  },
  {
    seed: 510_295,
    found: 'the simulation itself held on to the first end of a token that lay in the store with an earlier one'
  },
  { seed: 512_602, found: 'the simulation itself took a token for refused while the refusal was still on its way' },
  {
    seed: 3093,
    found:
      'a repeat that failed counted from the first attempt on, when another request had met the same failure meanwhile'
  },
  { seed: 4878, found: 'the same, and the next request could follow at once' },
  {
    seed: 3907,
    found:
      'the simulation itself took the moment of a request for that of its attempt, which had waited for its credential'
  },
  {
    seed: 601_712,
    found: 'the simulation itself held a pause against a request that had waited for its credential since before'
  },
  {
    seed: 602_152,
    found:
      'the simulation itself took a flight that had waited in vain behind another one for one that had met a failure'
  },
  {
    seed: 700_899,
    found: 'the simulation itself took the error of a search for that which another kind of token had met in it first'
  },
  {
    seed: 703_502,
    found: 'the simulation itself took a flight that had waited for its turn for one that began when its request left'
  },
  {
    seed: 709_709,
    found:
      'the simulation itself took the end of a token that lay in the store by a wall clock that a suspend had moved'
  },
  {
    seed: 706_550,
    found:
      'an instance that heard of the failure of another one again and again counted it each time, and waited ten minutes'
  },
  {
    seed: 8270,
    found: 'the simulation itself let a refusal of the client end for all kinds of tokens with the token of one'
  },
  {
    seed: 717_769,
    found: 'the simulation itself counted the gap between kinds of tokens from the second of two refusals'
  },
  { seed: 718_182, found: 'the simulation itself was sure that a token was usable three milliseconds before its end' },
  {
    seed: 720_191,
    found: 'the simulation itself forgot what another kind of token had met when it asked for recovery'
  },
  {
    seed: 723_605,
    found: 'the simulation itself held what another kind alone had met against callers after a refusal'
  },
  { seed: 1399, found: 'the simulation itself took a request that had been held back for one that began when it left' },
  { seed: 604_328, found: 'the simulation itself took an answer that may show a well server for one that does not' },
  { seed: 605_690, found: 'the simulation itself forgot the likeliest of many ways to count refusals' },
  { seed: 606_331, found: 'the simulation itself forgot the first of many failures in a row' },
  {
    seed: 607_454,
    found: 'the simulation itself took the second of two refusals that came together for the one that counts'
  },
  {
    seed: 704_397,
    found: 'the simulation itself forgot that after a refusal of the client too the kind that failed last goes last'
  },
  {
    seed: 704_403,
    found: 'the simulation itself took two refusals that were told together for two, where the first one counts'
  },
  {
    seed: 706_768,
    found: 'the simulation itself took the request with another proof for an attempt of its own'
  },
  {
    seed: 614_356,
    found: 'the simulation itself left out a pause that was told to a kind of token which it took for ill alone'
  },
  {
    seed: 501_795,
    found: 'the simulation itself took a refusal that was not listened to for the end of a usable token'
  },
  {
    seed: 507_585,
    found: 'the simulation itself left out an attempt that had failed while it waited for that of another kind'
  },
  { seed: 518_371, found: 'the same, and the other kind had sent no request at all' },
  {
    seed: 518_691,
    found: 'the simulation itself let an answer about one request end a pause that the server had asked for'
  },
  { seed: 5084, found: 'the simulation itself forgot one of many ways to count refusals' },
  {
    seed: 3977,
    found: 'the simulation itself began the book of a kind of token with its first request, and not with its first call'
  }
]
