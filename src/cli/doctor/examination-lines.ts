import { wrapped } from '../layout.ts'
import type { Terminal } from '../terminal.ts'
import type { Examination } from './examine.ts'
import type { Finding } from './finding.ts'
import type { Progress, StepReport } from './step.ts'

const nameWidth = 16
const textWidth = 100

/** One line for each step: on a terminal it is there while the step runs, in a pipe when it has ended. */
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

/** What stands below the steps. */
export function examinationLines({ findings, plan }: Examination): string {
  const drawing = plan.length === 0 ? [] : [indented(plan.join('\n'), 8), '']
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`
  return [...drawing, findings.length === 0 ? 'Nothing found.' : `${count}.`].join('\n')
}

function indented(text: string, by: number): string {
  return text.replace(/^/gm, ' '.repeat(by))
}
