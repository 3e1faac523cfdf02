import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './imports.ts'

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** README and its sisters, and every page of docs, as paths from the repository's root. */
export const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file))
]

/** The first cell of each row that is one word in code type, in the tables below `heading` (or in the whole page). */
export function documented(page: string, heading?: string): string[] {
  const text = heading === undefined ? read(page) : section(read(page), heading)
  return Array.from(text.matchAll(/^\| `([^`\s(<]+)[^`]*` \|/gm), ([, name = '']) => name)
}

export function headings(page: string): string[] {
  return Array.from(read(page).matchAll(/^## `?([^`\n]+)`?$/gm), ([, heading = '']) => heading)
}

function section(text: string, heading: string): string {
  return (
    text.split(/^## /m).find((part) => part.startsWith(`\`${heading}\`\n`) || part.startsWith(`${heading}\n`)) ?? ''
  )
}
