import { pathToFileURL } from 'node:url'
import { install } from '../support/installed.js'
import { probe } from '../support/probe.js'
import { summary } from '../support/statistics.js'
import { inTurns } from '../support/turns.js'
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

export const title = 'The import, in fresh processes'

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
  return {
    columns: ['import of', 'time', 'resident memory'],
    rows: Object.keys(entries).map((name) => [
      name,
      spread(milliseconds(name), ' ms'),
      spread(mebibytes(name), ' MiB')
    ]),
    verdicts: [
      atMost('the import', milliseconds('ours').median, 10, ' ms'),
      atMost('memory of the import', mebibytes('ours').median, 2.5, ' MiB')
    ]
  }
}
