import type { TokenOptions, tokenOptions } from '../bearer/token-options.ts'

// What of grpc-js is used here, in types that hold where it is not installed.

export interface GrpcMetadata {
  get(key: string): readonly unknown[]
  set(key: string, value: string): void
  clone(): GrpcMetadata
}

export interface GrpcStatus {
  readonly code: number
  readonly details: string
  readonly metadata: GrpcMetadata
  /** grpc-js hands it on to the error that the caller gets. */
  readonly cause?: unknown
}

export interface GrpcListener {
  onReceiveMetadata?(metadata: GrpcMetadata): void
  onReceiveMessage?(message: unknown): void
  onReceiveStatus?(status: GrpcStatus): void
}

/** A message on its way out: who sent it may want to know when the next one can follow. */
export interface GrpcMessageContext {
  readonly callback?: ((error?: Error | null) => void) | undefined
  readonly flags?: number | undefined
}

export interface GrpcCall {
  start(metadata: GrpcMetadata, listener?: GrpcListener): void
  sendMessage(message: unknown): void
  sendMessageWithContext(context: GrpcMessageContext, message: unknown): void
  startRead(): void
  halfClose(): void
  cancelWithStatus(code: number, details: string): void
  getPeer(): string
  getAuthContext(): unknown
}

export interface GrpcCallOptions {
  /** The token options of this call. */
  readonly [tokenOptions]?: TokenOptions | undefined
  /** The `:authority` of the call, instead of that of the channel. */
  readonly host?: string | undefined
  /** Epoch ms. */
  readonly deadline?: number | Date | undefined
  readonly method_definition: {
    readonly path: string
    readonly requestStream: boolean
    requestSerialize(message: unknown): Uint8Array
  }
}

export type GrpcNextCall = (options: GrpcCallOptions) => GrpcCall

/** Numbers of the gRPC status codes that are read or written here. */
export const statusCode = {
  cancelled: 1,
  deadlineExceeded: 4,
  permissionDenied: 7,
  unavailable: 14,
  unauthenticated: 16
} as const
