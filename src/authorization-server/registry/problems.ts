import { ClientConfigurationError } from '../../errors.ts'
import { knownNames } from '../../known-names.ts'

/** The path of a value in a JSON document, such as `['clients', 0, 'scope']`. */
export type Path = readonly (string | number)[]

/** A problem of a document. The sentence contains no secret. */
export interface Problem {
  readonly path: Path
  readonly sentence: string
}

export type Report = (path: Path, sentence: string) => void

/** The path as text, such as `clients[0].may.users`. */
export function pathText(path: Path): string {
  return path
    .map((step) => {
      if (typeof step === 'number') return `[${step}]`
      return /^[\w$]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
    })
    .join('')
    .replace(/^\./, '')
}

const mostShown = 10

/** One error for all problems, with a line for each. `place` says where a problem is in its source. */
export function problemsError(problems: readonly Problem[], place: (path: Path) => string): ClientConfigurationError {
  const lines = problems.slice(0, mostShown).map(({ path, sentence }) => `${place(path)}: ${sentence}`)
  const more = problems.length - lines.length
  const text = more > 0 ? [...lines, `… and ${more} more.`] : lines
  return new ClientConfigurationError('ERR_INVALID_OPTION', text.join('\n'))
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Reports each member of `value` that is not in `known`. */
export function reportUnknown(what: string, value: object, known: readonly string[], path: Path, report: Report): void {
  for (const name of Object.keys(value))
    if (!known.includes(name))
      report([...path, name], `${what} has the unknown field ${name}. ${knownNames(name, known)}`)
}
