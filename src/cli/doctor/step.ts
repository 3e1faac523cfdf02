import type { Finding } from './finding.ts'

/** What a step has seen. */
export interface Outcome<Fact = true> {
  /** A few words on what is there. */
  readonly summary: string
  readonly findings?: readonly Finding[]
  /** What later steps build on; left out where they cannot go on. */
  readonly fact?: Fact
}

/** A step of an examination, as it is reported. */
export interface StepReport {
  readonly name: string
  readonly summary: string
  readonly findings: readonly Finding[]
}

/** What hears of the steps as they happen. */
export interface Progress {
  began(name: string): void
  ended(step: StepReport): void
}

/** Runs a step, reports it, and gives its fact. */
export type RunStep = <Fact>(
  name: string,
  examine: () => Outcome<Fact> | Promise<Outcome<Fact>>
) => Promise<Fact | undefined>

export interface Steps {
  readonly run: RunStep
  readonly reports: readonly StepReport[]
}

export function steps(progress: Progress): Steps {
  const reports: StepReport[] = []
  return {
    reports,
    async run(name, examine) {
      progress.began(name)
      const { summary, findings = [], fact } = await examine()
      const report = { name, summary, findings }
      reports.push(report)
      progress.ended(report)
      return fact
    }
  }
}
