import { answerFindings } from './findings/answer-findings.ts'
import { configurationFindings } from './findings/configuration-findings.ts'
import { metadataFindings } from './findings/metadata-findings.ts'
import { requestFindings } from './findings/request-findings.ts'
import { serviceFindings } from './findings/service-findings.ts'
import { wayFindings } from './findings/way-findings.ts'

/** Why a fault matters, and what to do about it. */
export interface Advice {
  readonly why: string
  readonly remedy: string
}

/** Every fault that the doctor can find. `docs/doctor.md` has the same list. */
export const catalogue = {
  ...configurationFindings,
  ...wayFindings,
  ...metadataFindings,
  ...requestFindings,
  ...answerFindings,
  ...serviceFindings
} as const

export type FindingName = keyof typeof catalogue

/** A fault that was found here and now. */
export interface Finding extends Advice {
  readonly name: FindingName
  /** What was seen. */
  readonly what: string
}

export function finding(name: FindingName, what: string): Finding {
  return { name, what, ...catalogue[name] }
}
