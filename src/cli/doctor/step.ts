import type { Finding } from './finding.ts'

/** The result of a step. */
export interface Outcome<Fact = true> {
  /** What the step found, in a few words. */
  readonly summary: string
  readonly findings?: readonly Finding[]
  /** The value that later steps need. Without it the examination ends here. */
  readonly fact?: Fact
}

/** A finished step as the user sees it. */
export interface StepReport {
  readonly name: string
  readonly summary: string
  readonly findings: readonly Finding[]
}

/** Is told of each step while the examination runs. */
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
