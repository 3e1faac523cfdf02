import { TokenClientError } from './errors.ts'

/** Code of this package that not every process needs, or that it does not need while it starts. */
export interface Late<Module> {
  /** Undefined until the code has been loaded. After that it can be used at once, without a promise. */
  readonly loaded: Module | undefined
  /** Rejects with `ERR_RESOURCE_EXHAUSTED` when its file cannot be read. The next call tries again. */
  load(): Promise<Module>
}

export function late<Module>(read: () => Promise<Module>): Late<Module> {
  let loaded: Module | undefined
  let loading: Promise<Module> | undefined

  async function loadNow(): Promise<Module> {
    try {
      loaded = await read()
      return loaded
    } catch (cause) {
      loading = undefined
      throw notLoaded(cause)
    }
  }

  return {
    get loaded() {
      return loaded
    },
    load() {
      loading ??= loadNow()
      return loading
    }
  }
}

/** What late code makes once, for all who ask. The code starts to load at once, and whoever asks is told of a failure. */
export function lateMade<Module, Made>(code: Late<Module>, make: (module: Module) => Made): () => Promise<Made> {
  let made: Made | undefined
  code.load().catch(() => {})
  return async () => {
    const module = code.loaded ?? (await code.load())
    made ??= make(module)
    return made
  }
}

function notLoaded(cause: unknown): TokenClientError {
  if (cause instanceof TokenClientError) return cause
  const { code = 'no code' } = cause as NodeJS.ErrnoException
  const remedy =
    'Look for files and connections that are not closed. On Node 20 a file that failed once fails until the process ends: start it again.'
  const message = `A file of service-token-client could not be loaded (${code}). ${remedy}`
  return new TokenClientError('ERR_RESOURCE_EXHAUSTED', message, { transient: true, cause })
}
