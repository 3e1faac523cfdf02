/** A seed that failed once. These seeds run before all others. */
export interface Regression {
  readonly seed: number
  /** The bug that the seed found, either in the library or in the simulation itself. */
  readonly found: string
}

// When the simulation changes, a seed takes another course and may miss its bug. So each bug of the library has a test of its own too.
export const regressions: readonly Regression[] = [
  { seed: 16, found: 'A caller got an error because its maxWait ended at the moment at which the token came.' },
  { seed: 232, found: 'A secret source that hung once delayed every later token request.' },
  { seed: 334, found: 'An unused key was forgotten, and with it a refusal that still forbade requests.' },
  {
    seed: 102_161,
    found: 'The simulation believed that the newest credential was refused, but an older one was.'
  },
  { seed: 102_691, found: 'The simulation read the end of a token from an answer that does not count.' },
  {
    seed: 4956,
    found: 'An old refusal of the client deleted the failures of another key, which was then requested every second.'
  },
  {
    seed: 301_515,
    found: 'A process that was frozen between two attempts sent the second one after the deadline of the flight.'
  },
  { seed: 220_195, found: 'A new credential deleted the failures of refused keys.' },
  {
    seed: 77_270,
    found: 'A call failed because it came 6 ms before the end of a token and gave the server only 6 ms.'
  },
  { seed: 111_442, found: 'The simulation forgot that the failures of a kind of token can be forgotten twice.' },
  { seed: 601_814, found: 'A caller waited two seconds longer than its timeout because its token was about to end.' },
  { seed: 3107, found: 'The simulation counted a wait from the end of a flight and not from its last request.' },
  { seed: 700_369, found: 'The simulation expected the exact end of a token that the server sent again.' },
  { seed: 602_659, found: 'The server asked for two pauses at once, and the simulation expected the shorter one.' },
  { seed: 2115, found: 'The simulation read the end of a pause from a kind of token that had broken the pause.' },
  {
    seed: 344,
    found: 'The simulation read the life of a shared token from a look into the store that the client did not use.'
  },
  { seed: 306, found: 'The simulation believed that everything was well at the moment of the last event.' },
  {
    seed: 877,
    found: 'The simulation forgot that other kinds of tokens may have met the same failed search for metadata.'
  },
  {
    seed: 1095,
    found: 'The simulation looked only at the last attempt of a flight, but an earlier one had found the server ill.'
  },
  {
    seed: 4412,
    found:
      'The client dropped a new secret that was refused once by mistake and used the old one, which had been retired.'
  },
  { seed: 3860, found: 'The simulation counted requests that were admitted before the server fell ill.' },
  {
    seed: 898,
    found: 'Several calls had their proofs refused for their date at once, but only the first was sent again.'
  },
  { seed: 2308, found: 'The simulation blamed the server for a refusal whose body never came.' },
  {
    seed: 508_255,
    found: 'A suspend during a token request was counted twice, so calls waited although half of the life was left.'
  },
  {
    seed: 510_295,
    found: 'The simulation kept the first end of a token although the store held it with an earlier end.'
  },
  { seed: 512_602, found: 'The simulation believed that a token was refused before the refusal had arrived.' },
  {
    seed: 3093,
    found:
      'A failed repeat was counted from the first attempt because another request had met the same failure meanwhile.'
  },
  {
    seed: 4878,
    found: 'A failed repeat was counted from the first attempt, so the next request could follow at once.'
  },
  {
    seed: 3907,
    found: 'The simulation believed that an attempt began with its request, but it had waited for its credential first.'
  },
  {
    seed: 601_712,
    found:
      'The simulation reported a request during a pause, but its attempt had waited for its credential since before.'
  },
  {
    seed: 602_152,
    found: 'The simulation believed that a flight had met a failure, but it had only waited behind another flight.'
  },
  {
    seed: 700_899,
    found:
      'The simulation expected the error of the search, but another kind of token had met another error in it first.'
  },
  {
    seed: 703_502,
    found: 'The simulation believed that a flight began with its request, but it had waited for its turn first.'
  },
  {
    seed: 709_709,
    found: 'The simulation read the end of a stored token from a wall clock that a suspend had moved.'
  },
  {
    seed: 706_550,
    found: 'An instance heard of one failure several times, counted it each time and then waited for ten minutes.'
  },
  {
    seed: 8270,
    found: 'The simulation ended a refusal of the client for all kinds of tokens when one kind got a token.'
  },
  {
    seed: 717_769,
    found: 'The simulation counted the gap between kinds of tokens from the second of two refusals.'
  },
  { seed: 718_182, found: 'The simulation was sure that a token was usable three milliseconds before its end.' },
  {
    seed: 720_191,
    found: 'The simulation forgot the failures of another kind of token when it began to wait for the recovery.'
  },
  {
    seed: 723_605,
    found: 'After a refusal the simulation made callers wait for a failure that only another kind of token had met.'
  },
  { seed: 1399, found: 'The simulation believed that a request that was held back began when it left.' },
  {
    seed: 604_328,
    found: 'The simulation took an answer for a failure although it may come from a server that is well.'
  },
  { seed: 605_690, found: 'The simulation dropped the likeliest of many ways to count refusals.' },
  { seed: 606_331, found: 'The simulation forgot the first of many failures in a row.' },
  { seed: 607_454, found: 'Two refusals came together, and the simulation counted from the second one.' },
  {
    seed: 704_397,
    found: 'The simulation forgot that the kind of token that failed last also goes last after a refusal of the client.'
  },
  {
    seed: 704_403,
    found: 'The simulation counted two refusals that came together as two, but only the first one counts.'
  },
  { seed: 706_768, found: 'The simulation counted a request with another proof as a separate attempt.' },
  {
    seed: 614_356,
    found: 'The simulation ignored a pause because it believed that only one kind of token was failing.'
  },
  {
    seed: 501_795,
    found: 'The simulation believed that a token was unusable after a refusal that the client ignored.'
  },
  {
    seed: 507_585,
    found: 'The simulation forgot an attempt that failed while it waited for the attempt of another kind of token.'
  },
  {
    seed: 518_371,
    found: 'The simulation forgot such an attempt when the other kind of token had sent no request at all.'
  },
  {
    seed: 518_691,
    found: 'The simulation ended a pause because of an answer that was only about one request.'
  },
  { seed: 5084, found: 'The simulation dropped one of many ways to count refusals.' },
  {
    seed: 3977,
    found: 'The simulation began to record a kind of token at its first request and not at its first call.'
  },
  {
    seed: 905_479,
    found:
      'The simulation applied a pause to all kinds of tokens although the kind that was told it may be failing alone.'
  },
  { seed: 909_103, found: 'The simulation forgot a pause that another kind of token had been told.' },
  {
    seed: 909_187,
    found: 'At the end of a token the simulation made a caller wait for the failure of another kind of token.'
  },
  {
    seed: 913_438,
    found: 'The simulation did not count an attempt that failed while it waited for another kind of token.'
  },
  {
    seed: 913_516,
    found: 'The simulation counted the refusal of one kind of token when the whole client was refused next.'
  },
  {
    seed: 919_516,
    found: 'The simulation ended an outage at a refusal, but the attempt went on and failed without an answer.'
  },
  {
    seed: 943_793,
    found: 'The simulation gave a token its whole life although the wall clock had run ahead during its request.'
  },
  {
    seed: 956_087,
    found: 'An unused key was forgotten with its token, so an older refusal of the client made its next call fail.'
  },
  {
    seed: 953_797,
    found: 'A key that was forgotten with its token was requested again before the gap between two flights had passed.'
  },
  {
    seed: 951_099,
    found: 'The simulation gave a token its whole life although the machine was suspended during its request.'
  },
  {
    seed: 966_272,
    found: 'The simulation was sure how many failures in a row there were while the token had been refused by somebody.'
  },
  { seed: 968_396, found: 'The same, with a refusal of the client between two failures of the server.' },
  {
    seed: 973_102,
    found:
      'The simulation let a flight begin with its first request, although its searches for metadata had failed before.'
  },
  {
    seed: 1_002_807,
    found: 'A request that had waited for the gap between two flights left during a pause that was told meanwhile.'
  },
  {
    seed: 1_013_051,
    found:
      'The simulation was sure that a token was refused after a failure, although both came in the same millisecond.'
  },
  {
    seed: 1_038_042,
    found: 'The simulation took the server for ill although the store had a new token of another instance.'
  },
  {
    seed: 1_048_978,
    found:
      'A token was used after its end when the wall clock was set back, because a pause made its refresh wait for longer.'
  }
]
