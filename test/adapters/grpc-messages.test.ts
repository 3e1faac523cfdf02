import { expect, test } from 'vitest'
import { GrpcMessages } from '../../src/adapters/grpc-messages.ts'
import type { GrpcCall, GrpcMessageContext } from '../../src/adapters/grpc-types.ts'

/** An attempt that records its messages. The test decides when a message is written. */
function attempt() {
  const handed: unknown[] = []
  const callbacks: NonNullable<GrpcMessageContext['callback']>[] = []
  const call = {
    sendMessageWithContext({ callback }: GrpcMessageContext, message: unknown) {
      handed.push(message)
      if (callback) callbacks.push(callback)
    },
    halfClose: () => void handed.push('end')
  } as unknown as GrpcCall
  return { call, handed, written: () => callbacks.shift()?.() }
}

const method = {
  path: '/a/b',
  requestStream: true,
  requestSerialize: (message: unknown) => Buffer.from(String(message))
}

test('W11 grpc: a message waits for the previous one, because a call has room for one', () => {
  const messages = new GrpcMessages(method)
  const { call, handed, written } = attempt()
  messages.sendOn(call)
  for (const message of ['one', 'two']) messages.add({}, message)
  messages.close()
  expect(handed).toEqual(['one'])
  written()
  expect(handed).toEqual(['one', 'two', 'end'])
})

test('W11 grpc: the sender of a message is told once that it is written, and the second attempt sends all messages', () => {
  const messages = new GrpcMessages(method)
  const heard: string[] = []
  const [first, second] = [attempt(), attempt()]
  messages.sendOn(first.call)
  for (const message of ['one', 'two', 'three']) messages.add({ callback: () => void heard.push(message) }, message)
  first.written()
  expect(messages.areWhole).toBe(true)
  messages.sendOn(second.call)
  first.written() // a late callback of the first attempt must not release a message of the second
  expect(second.handed).toEqual(['one'])
  for (let written = 0; written < 3; written += 1) second.written()
  expect(second.handed).toEqual(['one', 'two', 'three'])
  expect(heard).toEqual(['one', 'two', 'three'])
})

test('W11 grpc: a message that cannot be serialised fails in the attempt', () => {
  const broken = {
    ...method,
    requestSerialize: () => {
      throw new Error('no message')
    }
  }
  const messages = new GrpcMessages(broken)
  const { call, handed } = attempt()
  messages.sendOn(call)
  messages.add({}, 'one')
  expect(handed).toEqual(['one'])
})
