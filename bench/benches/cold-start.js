import { pathToFileURL } from 'node:url'
import { install } from '../support/installed.js'
import { probe } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { startTokenServer } from '../support/token-server.js'
import { atMost, spread } from '../support/verdict.js'

const peers = {
  badgateway: '@badgateway/oauth2-client',
  'undici-oidc': 'undici-oidc-interceptor',
  google: 'google-auth-library',
  smithy: '@smithy/core',
  'simple-oauth2': 'simple-oauth2',
  xssec: '@sap/xssec',
  msal: '@azure/msal-node',
  auth0: 'auth0'
}

export const title = 'Cold start, in fresh processes'

export async function run({ quick }) {
  const rounds = quick ? 5 : 20
  const modules = await install()
  const entries = {
    ours: pathToFileURL(`${modules}/service-token-client/dist/index.js`).href,
    'undici itself': pathToFileURL(`${modules}/undici/index.js`).href,
    ...Object.fromEntries(Object.entries(peers).map(([name, specifier]) => [name, import.meta.resolve(specifier)]))
  }
  const imports = await inTurns(rounds, Object.keys(entries), (name) => probe('import', [entries[name]]))
  const milliseconds = (name) => summary(imports[name].map((result) => result.milliseconds))
  const mebibytes = (name) => summary(imports[name].map((result) => result.mebibytes))
  const firstToken = await firstTokens(rounds, modules)
  return {
    columns: ['import of', 'time', 'resident memory'],
    rows: [
      ...Object.keys(entries).map((name) => [name, spread(milliseconds(name), ' ms'), spread(mebibytes(name), ' MiB')]),
      ['first token, over undici alone', spread(firstToken, ' ×'), '']
    ],
    verdicts: [
      atMost('the import', milliseconds('ours').median, 12, ' ms'),
      atMost('memory of the import', mebibytes('ours').median, 3, ' MiB'),
      atMost('process start to first token over undici alone', firstToken.median, 1.1, ' ×')
    ]
  }
}

async function firstTokens(rounds, modules) {
  const server = await startTokenServer()
  const names = ['first-token-ours', 'first-token-undici']
  const { [names[0]]: ours, [names[1]]: undici } = await inTurns(rounds, names, (name) =>
    probe(name, [modules, server.tokenEndpoint])
  )
  server.close()
  return summary(ours.map((time, round) => time / undici[round]))
}

/** Each name has its turn in every round, so that all of them see the same machine. */
async function inTurns(rounds, names, measure) {
  const results = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) for (const name of names) results[name].push(await measure(name))
  return results
}
