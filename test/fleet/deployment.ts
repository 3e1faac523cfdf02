import { afterAll, beforeAll } from 'vitest'
import { type BuiltPackage, buildPackage } from '../house/package.ts'
import { hasRedis, type RedisServer, startRedis } from '../stores/redis-server.ts'

/** The package that the instances of a fleet run, and the engine that they share, if there is one. */
export interface Deployment {
  readonly folder: string
  readonly redisPort: number
}

/** For all tests of a file: the package as it is built, and an engine. */
export function deployment(): Deployment {
  let built: BuiltPackage | undefined
  let redis: RedisServer | undefined
  beforeAll(async () => {
    built = await buildPackage()
    if (hasRedis) redis = await startRedis()
  })
  afterAll(async () => {
    await redis?.stop()
    await built?.[Symbol.asyncDispose]()
  })
  return {
    get folder() {
      if (built === undefined) throw new Error('the package is not built yet')
      return built.folder
    },
    get redisPort() {
      if (redis === undefined) throw new Error('no engine runs')
      return redis.port
    }
  }
}
