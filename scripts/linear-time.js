// Twice the input may take two and a half times as long, and no more: what reads foreign text is timed on texts of
// several sizes, made to lead a backtracking reader astray. A ratio, since milliseconds differ from machine to machine.
import { dispatchOrigin } from '../src/bearer/dispatch-origin.ts'
import { routeTable } from '../src/bearer/routes.ts'
import { readChallenges } from '../src/http/challenge.ts'
import { parseHttpDate } from '../src/http-date.ts'
import { tokenRequest } from '../src/token/token-request.ts'
import { readTokenResponse } from '../src/token-endpoint/response.ts'

const allowed = 2.5
const sizes = [4_000, 8_000, 16_000, 32_000, 64_000, 128_000]
const rounds = 3
const roundTime = 3
const attempts = 8

const request = tokenRequest({})
const origin = 'https://users.internal'
const routes = routeTable([
  { origin, request },
  { origin, path: '/admin', request }
])

function answer(body, type = 'application/json') {
  try {
    readTokenResponse(
      { status: 200, headers: { 'content-type': type }, body: Buffer.from(body) },
      { tokenEndpoint: 'https://auth.internal/token', wallTime: 0 }
    )
  } catch {
    // a refusal takes its time too
  }
}

const field = (name, value) => `{"access_token":"t","token_type":"Bearer","${name}":${value}}`

/** What reads, the piece that is repeated, and what makes a text of the pieces. */
const readers = [
  ...[
    'a',
    'a ',
    'a  ',
    'a=',
    'a= ',
    '"',
    '" ',
    'a="',
    'a="b" c',
    ',',
    ' ,',
    '\\',
    '\\"',
    'a=="',
    'A b, ',
    '\t'
  ].flatMap((piece) => [
    ['challenge', piece, (text) => readChallenges(text)],
    ['quoted challenge', piece, (text) => readChallenges(`Bearer x="${text}`)]
  ]),
  ...['0', ' ', 'Mon, ', 'Sun, 06 Nov 1994 08:49:37 GMT'].map((piece) => [
    'date',
    piece,
    (text) => parseHttpDate(text, 0)
  ]),
  ...['a', ' ', '\\u0061', '\u{1f600}'].map((piece) => [
    'token',
    piece,
    (text) => answer(field('access_token', `"${text}"`))
  ]),
  ...['a', ' ', 'a ', '"'].map((piece) => ['scope', piece, (text) => answer(field('scope', JSON.stringify(text)))]),
  ...['1', ' '].map((piece) => ['expiry', piece, (text) => answer(field('expires_in', `"${text}"`))]),
  ...['[', '{"a":', '"a":1,', ' '].map((piece) => ['body', piece, (text) => answer(text)]),
  ...['a', 'a/', '+json', ';', '; charset=', ' '].map((piece) => ['content type', piece, (text) => answer('{}', text)]),
  ...['a', '.', '@', ':', '%2e', '/'].map((piece) => ['origin', piece, (text) => dispatchOrigin(`https://${text}`)]),
  ...['a', '/', '../', '%2e', '%2e%2e/', 'a/../'].map((piece) => [
    'path',
    piece,
    (text) => routes.find(origin, `/${text}`)
  ])
]

const flat = (text) => Buffer.from(text).toString() // a text put together of pieces is laid out at its first reading

/** Milliseconds for one reading, in the best of some rounds. */
function time(read, text) {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    let readings = 0
    let spent = 0
    for (; spent < roundTime; spent = performance.now() - began) {
      read(text)
      readings += 1
    }
    best = Math.min(best, spent / readings)
  }
  return best
}

/** How time grows when the input doubles: the median of several doublings, since caches and allocators take single steps. */
function growth(read, piece) {
  const times = sizes.map((size) => time(read, flat(piece.repeat(Math.ceil(size / piece.length)))))
  const ratios = times.slice(1).map((spent, index) => spent / times[index])
  return ratios.sort((one, other) => one - other)[ratios.length >> 1]
}

/** The same again when it looks bad: others use the machine too. */
function calmGrowth(read, piece) {
  let best = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < attempts && best > allowed; attempt++) best = Math.min(best, growth(read, piece))
  return best
}

const found = readers.map(([reader, piece, read]) => ({ reader, piece, times: calmGrowth(read, piece) }))
const slow = found.filter(({ times }) => times > allowed)
for (const { reader, piece, times } of slow)
  console.error(`${reader} of ${JSON.stringify(piece)}: twice the input took ${times.toFixed(1)} times as long`)
const worst = Math.max(...found.map(({ times }) => times)).toFixed(2)
console.log(`${found.length} texts, ${slow.length} too slow; for twice the input the worst took ${worst} times as long`)
process.exitCode = slow.length === 0 ? 0 : 1
