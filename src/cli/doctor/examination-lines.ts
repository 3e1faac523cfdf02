import { wrapped } from '../layout.ts'
import type { Terminal } from '../terminal.ts'
import type { Examination } from './examine.ts'
import type { Finding } from './finding.ts'
import type { Progress, StepReport } from './step.ts'

const nameWidth = 16
const textWidth = 100

/** Prints one line for each step. A terminal shows it while the step runs, a pipe gets it when the step has ended. */
export function progressOn({ interactive, print, draw }: Terminal): Progress {
  return {
    began: (name) => interactive && draw(`  … ${name}`),
    ended: (step) => {
      if (interactive) draw('')
      print(stepLines(step))
    }
  }
}

function stepLines({ name, summary, findings }: StepReport): string {
  const head = `  ${findings.length === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(nameWidth)}${summary}`.trimEnd()
  return [head, ...findings.map(findingLines)].join('\n')
}

function findingLines({ name, what, why, remedy }: Finding): string {
  const lines = [`${name}: ${what}`, `Why it matters: ${why}`, `What to do: ${remedy}`]
  return lines.map((line) => indented(wrapped(line, textWidth - 8), 8)).join('\n')
}

/** The text below the steps. */
export function examinationLines({ findings, plan }: Examination): string {
  const drawing = plan.length === 0 ? [] : [indented(plan.join('\n'), 8), '']
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`
  return [...drawing, findings.length === 0 ? 'Nothing found.' : `${count}.`].join('\n')
}

function indented(text: string, by: number): string {
  return text.replace(/^/gm, ' '.repeat(by))
}
