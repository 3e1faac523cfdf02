import {
  type ChannelCredentials,
  Client,
  type ClientOptions,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  status
} from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { selfSigned } from '../http/certificate.ts'

/** Decides about a call by its token. Undefined accepts the call. */
export type Judge = (
  authorization: string | undefined,
  proof?: string | undefined
) => { readonly code: number; readonly challenge?: string; readonly nonce?: string } | undefined

export interface Service {
  /** `localhost:<port>`. */
  readonly target: string
  /** Credentials of a channel that trusts the certificate. */
  readonly secure: ChannelCredentials
  /** The kind and the token of each call. */
  readonly calls: (readonly [kind: string, authorization: string | undefined])[]
  /** The received messages, in the order of the calls. */
  readonly received: string[][]
}

const definition = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same
}

function same(value: Buffer): Buffer {
  return value
}

const kinds = {
  unary: { path: '/users.Users/Unary', requestStream: false, responseStream: false, ...definition },
  clientStream: { path: '/users.Users/ClientStream', requestStream: true, responseStream: false, ...definition },
  serverStream: { path: '/users.Users/ServerStream', requestStream: false, responseStream: true, ...definition },
  bidi: { path: '/users.Users/Bidi', requestStream: true, responseStream: true, ...definition }
}

type Call = { readonly metadata: Metadata; sendMetadata(metadata: Metadata): void }
type Callback = (error: object | null, value?: Buffer) => void

/** A service with a method of each kind, each of which echoes its messages. */
export async function service(judge: Judge, { isSecure = true, early = false } = {}): Promise<Service> {
  const calls: Service['calls'] = []
  const received: string[][] = []

  function refusal(kind: string, call: Call): object | undefined {
    const [authorization] = call.metadata.get('authorization').map(String)
    calls.push([kind, authorization])
    received.push([])
    const [proof] = call.metadata.get('dpop').map(String)
    const refused = judge(authorization, proof)
    if (refused === undefined) return undefined
    if (early) call.sendMetadata(new Metadata())
    const metadata = new Metadata()
    if (refused.challenge !== undefined) metadata.set('www-authenticate', refused.challenge)
    if (refused.nonce !== undefined) metadata.set('dpop-nonce', refused.nonce)
    return { code: refused.code, details: 'refused', metadata }
  }
  const take = (index: number, message: Buffer) => void received[index]?.push(message.toString())

  const server = new Server()
  server.addService(kinds, {
    unary(call: Call & { readonly request: Buffer }, callback: Callback) {
      const refused = refusal('unary', call)
      take(calls.length - 1, call.request)
      if (refused === undefined) callback(null, call.request)
      else callback(refused)
    },
    clientStream(call: ServerReadableStream<Buffer, Buffer>, callback: Callback) {
      const refused = refusal('clientStream', call)
      const index = calls.length - 1
      if (refused !== undefined) return callback(refused)
      call.on('data', (message: Buffer) => take(index, message))
      call.on('end', () => callback(null, Buffer.from((received[index] ?? []).join())))
    },
    serverStream(call: ServerWritableStream<Buffer, Buffer>) {
      const refused = refusal('serverStream', call)
      if (refused !== undefined) return void call.emit('error', refused)
      for (let copy = 0; copy < 3; copy += 1) call.write(call.request)
      call.end()
    },
    bidi(call: ServerDuplexStream<Buffer, Buffer>) {
      const refused = refusal('bidi', call)
      const index = calls.length - 1
      if (refused !== undefined) return void call.emit('error', refused)
      call.on('data', (message: Buffer) => {
        take(index, message)
        if (message.toString() === 'refuse me') call.emit('error', { code: status.UNAUTHENTICATED, details: 'later' })
        else call.write(message)
      })
      call.on('end', () => call.end())
    }
  } as never)

  const { key, cert } = selfSigned({ names: ['localhost'] })
  const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }
  const serverCredentials = isSecure ? ServerCredentials.createSsl(null, [pair]) : ServerCredentials.createInsecure()
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', serverCredentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error)
    )
  })
  onTestFinished(() => server.forceShutdown())
  return { target: `localhost:${port}`, secure: credentials.createSsl(Buffer.from(cert)), calls, received }
}

/** A client of the service, closed with the test. Each method answers with what came back. */
export function client(target: string, channelCredentials: ChannelCredentials, options: ClientOptions) {
  const made = new Client(target, channelCredentials, options)
  onTestFinished(() => made.close())
  const { unary, clientStream, serverStream, bidi } = kinds

  function answered(send: (callback: (error: Error | null, value?: Buffer) => void) => unknown): Promise<string> {
    return new Promise((resolve, reject) => {
      send((error, value) => (error === null ? resolve(String(value)) : reject(error)))
    })
  }

  return {
    made,
    unary: (message = 'hello', metadata = new Metadata(), callOptions: object = {}) =>
      answered((callback) =>
        made.makeUnaryRequest(unary.path, same, same, Buffer.from(message), metadata, callOptions, callback)
      ),
    clientStream: (messages: readonly string[]) =>
      answered((callback) => {
        const call = made.makeClientStreamRequest(clientStream.path, same, same, callback)
        for (const message of messages) call.write(Buffer.from(message))
        call.end()
      }),
    serverStream: async (message = 'hello') => {
      const call = made.makeServerStreamRequest(serverStream.path, same, same, Buffer.from(message))
      return collected(call)
    },
    bidi: (callOptions: object = {}) => made.makeBidiStreamRequest(bidi.path, same, same, callOptions)
  }
}

/** All messages of an answer; rejects with its status. */
export async function collected(call: AsyncIterable<Buffer>): Promise<string[]> {
  const messages: string[] = []
  for await (const message of call) messages.push(message.toString())
  return messages
}
