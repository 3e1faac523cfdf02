import {
  type AuthorizationServer,
  registrySchema,
  startAuthorizationServer
} from 'service-token-client/authorization-server'
import { command, UsageError } from '../command.ts'
import { startExampleClients } from '../serve/example-clients.ts'
import { exampleRegistry } from '../serve/example-registry.ts'
import { inFlags } from '../serve/flag-names.ts'
import { serveOptions, serverOptions } from '../serve/serve-options.ts'
import { entryLine, greeting } from '../serve/server-lines.ts'
import type { Terminal } from '../terminal.ts'

export const serve = command({
  operands: '[REGISTRY.json]',
  mostOperands: 1,
  about:
    'Starts an authorization server for development, with a page that shows who may call whom. The registry file says which services there are and what each client may do. The server reads it again whenever you save it. Without a file, it starts with an example of three services.',
  options: serveOptions,
  examples: [
    { line: 'npx service-token-client serve', about: 'See the page with an example of three services' },
    {
      line: 'service-token serve registry.json --write',
      about: "Serve your team's registry, and write changes that you make in the page into the file"
    },
    {
      line: 'SERVICE_TOKEN_ADMIN_SECRET=… service-token serve registry.json --host 0.0.0.0 --issuer http://auth:9400',
      about: 'Serve other machines, from a container'
    },
    {
      line: 'service-token serve --schema > registry.schema.json',
      about: 'Write the JSON Schema of a registry, for your editor'
    }
  ],
  exitCodes: {
    0: 'The server stopped on SIGTERM or Ctrl-C.',
    1: 'The server failed.',
    2: 'Wrong usage, a port that is taken, or a registry with errors.'
  },
  async run({ values, operands: [file], json, terminal, environment }) {
    if (values.schema === true) {
      terminal.printJson(registrySchema)
      return 0
    }
    if (values.write === true && file === undefined)
      throw new UsageError('--write needs a registry file: service-token serve registry.json --write.')
    const server = await startAuthorizationServer({
      ...(file === undefined
        ? { registry: exampleRegistry }
        : { registryFile: file, writeRegistryFile: values.write === true }),
      ...(await serverOptions(values, environment))
    }).catch((error) => {
      throw inFlags(error)
    })
    const example = file === undefined ? startExampleClients(server) : undefined
    if (values.silent !== true) follow(server, json, terminal)
    await toldToEnd()
    await example?.close()
    await server.close()
    return 0
  }
})

function follow(server: AuthorizationServer, json: boolean, { print }: Terminal): void {
  const { issuer, tokenEndpoint, page } = server
  print(json ? JSON.stringify({ issuer, tokenEndpoint, page, adminApi: `${page}admin/api` }) : greeting(server))
  server.journal.follow((entry) => print(json ? JSON.stringify(entry) : entryLine(entry)))
}

/** `once`, so that a second signal ends the process at once. */
function toldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}
