import { readFile } from 'node:fs/promises'
import { knownNames } from '../known-names.ts'
import { isRecord } from '../record.ts'
import { UsageError } from './command.ts'

/**
 * The settings in a JSON file. A member has the name of a flag, in camel case.
 * @throws UsageError; its message shows no value of the file
 */
export async function readConfig(file: string, known: readonly string[]): Promise<Record<string, string>> {
  const members = Object.entries(objectIn(file, await contentOf(file)))
  return Object.fromEntries(
    members.map(([member, value]) => {
      const setting = member.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
      if (!known.includes(setting)) {
        const names = known.map((name) => name.toLowerCase().replace(/_./g, ([, letter = '']) => letter.toUpperCase()))
        const fault = `The file ${file} has a member "${member}" that is not a setting.`
        throw new UsageError(`${fault} ${knownNames(member, names)}`)
      }
      return [setting, textOf(value, `"${member}" in the file ${file}`)]
    })
  )
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`The file ${file} of --config cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function objectIn(file: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch {
    // The parser's message would show a part of the file.
  }
  throw new UsageError(
    `The file ${file} of --config is not a JSON object. It should look like { "issuer": "https://…" }.`
  )
}

/** Variables are always text, but in JSON a list can be an array, and a number or true can be what it is. */
function textOf(value: unknown, where: string): string {
  const members: unknown[] = Array.isArray(value) ? value : [value]
  if (members.every((member) => ['string', 'number', 'boolean'].includes(typeof member))) return members.join(' ')
  throw new UsageError(`${where} must be a string, a number, true or false, or an array of strings.`)
}
