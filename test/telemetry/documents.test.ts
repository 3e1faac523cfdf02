import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { settingNames } from '../../src/options/environment-settings.ts'
import { documented, read } from '../house/documented.ts'
import { root } from '../house/imports.ts'

const alerts = parse(read('examples/telemetry/alerts.yaml'))
const rules: { alert: string; expr: string }[] = alerts.groups.flatMap(({ rules }: { rules: object[] }) => rules)
const dashboard = JSON.parse(readFileSync(join(root, 'examples/telemetry/dashboard.json'), 'utf8'))
const expressions: string[] = [
  ...rules.map(({ expr }) => expr),
  ...dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr))
]

/** As Prometheus names a metric: its kind behind it, and its unit where an exporter does that. */
function prometheusNames(row: string): string[] {
  const [, name = '', kind = ''] = /^\| `([\w.]+)` \| ([^|]*) \|/.exec(row) ?? []
  const base = name.replaceAll('.', '_') + (kind.includes('`s`') ? '(_seconds)?' : '')
  if (kind.startsWith('counter')) return [`${base}_total`]
  return kind.startsWith('histogram') ? ['_bucket', '_count', '_sum'].map((part) => base + part) : [base]
}

const page = read('docs/telemetry.md')
const metricRows = page.split('\n').filter((line) => line.startsWith('| `service_token.'))

test('alerts and dashboard ask for metrics that there are', () => {
  const known = metricRows.flatMap(prometheusNames)
  const asked = expressions.flatMap(
    (expr) => expr.match(/\bservice_token_client_(?!name\b)\w+(?:\(_seconds\)\?\w*)?/g) ?? []
  )
  expect(asked.filter((name) => !known.includes(name))).toEqual([])
  expect(new Set(asked).size).toBeGreaterThanOrEqual(7)
})

test('alerts and dashboard filter by attributes that the metrics have', () => {
  const attributes = [...page.matchAll(/`((?:service_token|server|error|http)\.[\w.]+)`/g)].map(([, name = '']) => name)
  const known = new Set([...attributes.map((name) => name.replaceAll('.', '_')), 'job', 'instance', 'le', '__name__'])
  const asked = expressions.flatMap((expr) => [
    ...[...expr.matchAll(/\b(\w+)(?:=~|!=|=)"/g)].map(([, label = '']) => label),
    ...[...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(',').map((label) => label.trim())
    )
  ])
  expect(asked.filter((label) => !known.has(label))).toEqual([])
})

test('what judges the authorization server counts no token that was found in a store', () => {
  const ofServer = rules.filter(({ alert }) => ['ServiceTokenServerFailing', 'ServiceTokenSlow'].includes(alert))
  const selectors = ofServer.flatMap(({ expr }) => expr.match(/\{[^}]*request_duration[^}]*\}/g) ?? [])
  const counted = selectors.filter((selector) => !selector.includes('error_type!=""')) // a failure has no origin
  expect(counted).toHaveLength(2)
  for (const selector of counted) expect(selector).toContain('service_token_token_origin!="store"')
})

test('docs/telemetry.md explains every alert and no other', () => {
  expect(documented('docs/telemetry.md', 'Alerts')).toEqual(rules.map(({ alert }) => alert))
})

test('docs/on-call.md has a row for every state of health() and every error code, and no other', () => {
  const states = ['fresh', 'stale', 'warming', 'failed', 'idle', 'closed']
  const codes = documented('docs/errors.md')
  expect(documented('docs/on-call.md').toSorted()).toEqual([...states, ...codes].toSorted())
})

test('the manifest for Kubernetes sets variables that are read', () => {
  const { spec } = parse(read('examples/kubernetes/deployment.yaml'))
  const [container] = spec.template.spec.containers
  const set = container.env.map(({ name }: { name: string }) => name)
  const ours = set.filter((name: string) => name.startsWith('SERVICE_TOKEN_'))
  expect(ours.length).toBeGreaterThanOrEqual(4)
  expect(ours.filter((name: string) => !settingNames.some((known) => `SERVICE_TOKEN_${known}` === name))).toEqual([])
  expect([container.startupProbe, container.readinessProbe].map(({ httpGet }) => httpGet.port)).toEqual([
    'probes',
    'probes'
  ])
  expect(container.livenessProbe).toBeUndefined()
})
