import {
  type AuthorizationServer,
  registrySchema,
  startAuthorizationServer
} from 'service-token-client/authorization-server'
import { command, UsageError } from '../command.ts'
import { inFlags } from '../serve/flag-names.ts'
import { serveOptions, serverOptions } from '../serve/serve-options.ts'
import { entryLine, greeting } from '../serve/server-lines.ts'
import { story } from '../serve/story.ts'
import { tellStory } from '../serve/tell-story.ts'
import type { Terminal } from '../terminal.ts'

export const serve = command({
  operands: '[REGISTRY.json]',
  mostOperands: 1,
  about:
    'Starts an authorization server for development, with a page that shows who may call whom. The registry file says which services there are and which client may do what; it is read again when it is saved. Without a file, three services with their callers tell a small story.',
  options: serveOptions,
  examples: [
    { line: 'npx service-token-client serve', about: 'See a page with three services, in a minute' },
    {
      line: 'service-token serve registry.json --write',
      about: "A team's own services; what is changed in the page goes into the file"
    },
    {
      line: 'SERVICE_TOKEN_ADMIN_SECRET=… service-token serve registry.json --host 0.0.0.0 --issuer http://auth:9400',
      about: 'In a container, for others'
    },
    {
      line: 'service-token serve --schema > registry.schema.json',
      about: 'The JSON Schema of a registry, for an editor'
    }
  ],
  exitCodes: {
    0: 'It was told to stop.',
    1: 'It failed.',
    2: 'Wrong usage, a port that is taken, or a registry with errors.'
  },
  async run({ values, operands: [file], json, terminal, environment }) {
    if (values.schema === true) {
      terminal.printJson(registrySchema)
      return 0
    }
    if (values.write === true && file === undefined) throw new UsageError('--write needs the file of a registry.')
    const server = await startAuthorizationServer({
      ...(file === undefined ? { registry: story } : { registryFile: file, writeRegistryFile: values.write === true }),
      ...(await serverOptions(values, environment))
    }).catch((error) => {
      throw inFlags(error)
    })
    const tale = file === undefined ? tellStory(server) : undefined
    if (values.silent !== true) follow(server, json, terminal)
    await toldToEnd()
    await tale?.close()
    await server.close()
    return 0
  }
})

function follow(server: AuthorizationServer, json: boolean, { print }: Terminal): void {
  const { issuer, tokenEndpoint, page } = server
  print(json ? JSON.stringify({ issuer, tokenEndpoint, page, adminApi: `${page}admin/api` }) : greeting(server))
  server.journal.follow((entry) => print(json ? JSON.stringify(entry) : entryLine(entry)))
}

/** A second signal ends the process as it would without us. */
function toldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
