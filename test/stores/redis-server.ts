import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A real engine on a loopback port of its own. */
export interface RedisServer {
  readonly port: number
  /** Of the engine as it runs now. */
  readonly process: ChildProcess
  /** What the engine answers to a command. */
  ask(...command: readonly string[]): Promise<string>
  /** Kills the engine. */
  kill(): Promise<void>
  /** Starts it again on its port, with what it has on its disk. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0

export async function startRedis(...settings: string[]): Promise<RedisServer> {
  const port = await freePort()
  const directory = await mkdtemp(join(tmpdir(), 'redis-'))
  const listen = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory]
  const quiet = ['--save', '', '--appendonly', 'no', '--daemonize', 'no']
  return engine(port, directory, [...listen, ...quiet, ...settings], 'Ready to accept connections')
}

/** A sentinel that watches over this master, by the name `tokens`. */
export async function startSentinel(master: RedisServer): Promise<RedisServer> {
  const port = await freePort()
  const directory = await mkdtemp(join(tmpdir(), 'sentinel-'))
  const file = join(directory, 'sentinel.conf') // the sentinel writes into it what it learns
  const watching = ['down-after-milliseconds tokens 1000', 'failover-timeout tokens 4000']
  const settings = [`sentinel monitor tokens 127.0.0.1 ${master.port} 1`, ...watching.map((one) => `sentinel ${one}`)]
  await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${directory}`, ...settings].join('\n'))
  return engine(port, directory, [file, '--sentinel'], '+monitor master')
}

async function engine(port: number, directory: string, settings: string[], ready: string): Promise<RedisServer> {
  let server = await started(settings, ready)

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGKILL')
    await ended
  }

  return {
    port,
    get process() {
      return server
    },
    ask: async (...command) => (await run('redis-cli', ['-p', `${port}`, ...command])).stdout,
    kill,
    async restart() {
      await kill()
      server = await started(settings, ready)
    },
    async stop() {
      await kill()
      await rm(directory, { recursive: true, force: true })
    }
  }
}

function started(settings: string[], ready: string): Promise<ChildProcess> {
  const server = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)))
    server.stdout.on('data', (text: Buffer) => {
      if (text.includes(ready)) resolve(server)
    })
  })
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

/** Real time passes until it holds: a minute at most. */
export async function until(what: string, holds: () => Promise<boolean>, every = 50): Promise<void> {
  const latest = Date.now() + 60_000
  while (!(await holds().catch(() => false))) {
    if (Date.now() > latest) throw new Error(`${what}: not after a minute`)
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}
