import type { TokenClientOptions } from 'service-token-client'
import { configuredEndpoint } from './configured-endpoint.ts'
import type { Finding } from './finding.ts'
import { type Progress, type RunStep, type StepReport, steps } from './step.ts'
import { lookAtAnswer } from './steps/answer-step.ts'
import { callService } from './steps/call-step.ts'
import { lookAtClock } from './steps/clock-step.ts'
import { checkConfiguration } from './steps/configuration-step.ts'
import { tryConnection } from './steps/connection-step.ts'
import { lookAtMetadata } from './steps/metadata-step.ts'
import { lookUpName } from './steps/name-step.ts'
import { refreshPlan } from './steps/plan.ts'
import { lookAtProxy, type ProxyUse } from './steps/proxy-step.ts'
import { lookAtSignature } from './steps/signature-step.ts'
import { lookAtCertificate } from './steps/tls-step.ts'
import { lookAtTokenRequest } from './steps/token-request-step.ts'
import { type Visit, visitServer } from './visit.ts'

type Settings = Readonly<Record<string, string | undefined>>

export interface Subject {
  /** `SERVICE_TOKEN_…` variables. */
  readonly settings: Settings
  readonly environment: Settings
  /** A service to call with the token. */
  readonly call: URL | undefined
}

export interface Examination {
  readonly steps: readonly StepReport[]
  readonly findings: readonly Finding[]
  /** The lines of the refresh plan; empty without a token. */
  readonly plan: readonly string[]
}

/** Runs the steps in order, from the settings to a call, and stops at a step that the next ones need and that failed. */
export async function examine(subject: Subject, progress: Progress): Promise<Examination> {
  const { run, reports } = steps(progress)
  const options = await run('configuration', () => checkConfiguration(subject.settings, subject.environment))
  const plan = options && (await examineServer(subject, options, run))
  return { steps: reports, findings: reports.flatMap(({ findings }) => findings), plan: plan ?? [] }
}

async function examineServer(
  subject: Subject,
  options: TokenClientOptions,
  run: RunStep
): Promise<readonly string[] | undefined> {
  const url = new URL(options.issuer ?? configuredEndpoint(options) ?? '')
  const proxy = await run('proxy', () => lookAtProxy(options, subject.environment))
  if (proxy === undefined) return
  if (!(await reach(proxy.url ?? url, { proxy, options, run }))) return
  const visit = await visitServer(options)
  try {
    return await examineToken(subject, visit, { proxy, run })
  } finally {
    await visit.client.close()
  }
}

interface Way {
  readonly proxy: ProxyUse
  readonly run: RunStep
}

async function examineToken(
  { settings, call }: Subject,
  visit: Visit,
  way: Way
): Promise<readonly string[] | undefined> {
  const { run } = way
  const metadata = await run('metadata', () => lookAtMetadata(visit))
  if (metadata === undefined) return
  const reachAgain = async (url: URL) => {
    const { run, reports } = steps({ began() {}, ended() {} })
    if (way.proxy.url === undefined) await reach(url, { ...way, options: visit.options, run })
    return reports.flatMap(({ findings }) => findings)
  }
  const request = { visit, metadata, settings, reach: reachAgain }
  const granted = await run('token request', () => lookAtTokenRequest(request))
  if (granted) await run('answer', () => lookAtAnswer(visit))
  await run('clock', () => lookAtClock(visit))
  if (!granted) return
  await run('signature', () => lookAtSignature(visit))
  if (call !== undefined) await run('call', () => callService(visit, call))
  return run('refresh plan', () => refreshPlan(visit))
}

/** Checks the name, the connection and the certificate of one host. */
async function reach(
  url: URL,
  { proxy, options, run }: Way & { readonly options: TokenClientOptions }
): Promise<boolean> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'https:'
  const address = { host, port: Number(url.port) || (secure ? 443 : 80) }
  if (!(await run('name look-up', () => lookUpName(host)))) return false
  if (!(await run('connection', () => tryConnection(address, proxy.idle)))) return false
  const { ca } = options.connect ?? {}
  return !secure || (await run('TLS', () => lookAtCertificate(address, ca?.toString(), Date.now()))) === true
}
