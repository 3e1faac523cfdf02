import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { TokenCache } from '../../src/cache/token-cache.ts'
import { clientSecretPost } from '../../src/client-authentication/client-secret-post.ts'
import { sender } from '../../src/http/send.ts'
import { knownServer, serverAt } from '../../src/metadata/known-server.ts'
import { sharedSource } from '../../src/stores/shared-source.ts'
import { type ManualClock, manualClock } from '../../src/testing/index.ts'
import { Secret } from '../../src/token/secret.ts'
import type { TokenSource } from '../../src/token/token-source.ts'
import { tokenEndpoint } from '../../src/token-endpoint/token-endpoint.ts'
import { leaveOnAbort } from '../../src/waiting/leave-on-abort.ts'
import { http, rawServer } from '../http/raw-server.ts'
import { memoryStore } from '../support/memory-store.ts'
import { scriptedSource } from '../support/scripted-source.ts'
import { testTokens } from '../support/tokens.ts'
import { good } from '../token-endpoint/token-answer.ts'
import { failure, type Mood, type SourceUnderTest, testTokenSource } from './token-source-contract.ts'

// This code is loaded at the first failure, but a held clock cannot wait for the disk.
await import('p-retry')

const emit = () => {}
const timeout = 10_000

/** The scripted source with a script, which obeys its maxWait. */
function answering(clock: ManualClock): SourceUnderTest {
  const scripted = scriptedSource(clock)
  let mood: Mood = 'good'
  const setMood = (next: Mood) => {
    mood = next
  }
  const source: TokenSource = {
    token(request, asking) {
      const answer = scripted.token(request, asking)
      if (mood === 'good') void scripted.last.give()
      if (mood === 'failing') void scripted.last.fail(failure())
      return leaveOnAbort(Promise.resolve(answer), { signal: asking?.signal, maxWait: asking?.maxWait }, clock)
    }
  }
  return { source, clock, mood: setMood }
}

testTokenSource('the scripted source', () => answering(manualClock()))

testTokenSource(
  'the fake of the tests of bearer',
  () => {
    const source = testTokens()
    return {
      source,
      clock: manualClock(),
      mood(mood) {
        source.fail(mood === 'failing' ? failure() : undefined)
        if (mood === 'silent') source.hold()
        else source.open()
      }
    }
  },
  { keepsTime: false }
)

testTokenSource('the token endpoint', async () => {
  const clock = manualClock()
  let mood: Mood = 'good'
  const setMood = (next: Mood) => {
    mood = next
  }
  let issued = 0
  const server = await rawServer(({ socket }) => {
    if (mood === 'good') socket.write(http(JSON.stringify(good({ access_token: `t${++issued}`, scope: 'read' }))))
    if (mood === 'failing') socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')
  })
  const wire = sender({ clock })
  onTestFinished(() => wire.close())
  const source = tokenEndpoint({
    clientId: 'orders',
    clientAuthentication: clientSecretPost('secret'),
    server: knownServer(serverAt(`${server.origin}/token`, undefined)),
    ...{ sender: wire, clock, timeout, defaultLifetime: 300_000, emit }
  })
  return { source, clock, mood: setMood }
})

testTokenSource('the cache', () => {
  const below = answering(manualClock())
  const source = new TokenCache({ source: below.source, clock: below.clock, timeout, emit })
  onTestFinished(() => source.close())
  return { ...below, source }
})

const secret = new Secret(randomBytes(32).toString('base64'))

function sharing(clock: ManualClock, source: TokenSource | undefined, store = memoryStore(clock)) {
  const shared = sharedSource({
    ...{ store, source, clock, timeout, emit, shards: 1, risen() {} },
    secrets: async () => [secret],
    identity: async () => ['orders']
  })
  onTestFinished(() => shared.close())
  return shared
}

testTokenSource('a source with a store', () => {
  const below = answering(manualClock())
  return { ...below, source: sharing(below.clock, below.source) }
})

testTokenSource('a reader of a store', () => {
  const clock = manualClock()
  const store = memoryStore(clock)
  const writer = sharing(clock, answering(clock).source, store)
  const reader = sharing(clock, undefined, store)
  let mood: Mood = 'good'
  const setMood = (next: Mood) => {
    mood = next
  }
  const source: TokenSource = {
    ...reader,
    token(request, asking) {
      if (mood === 'good') Promise.resolve(writer.token(request, asking)).catch(() => {})
      return reader.token(request, asking)
    }
  }
  return { source, clock, mood: setMood }
})
