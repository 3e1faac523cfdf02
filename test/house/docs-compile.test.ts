import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile } from './compile.ts'
import { pages, read } from './documented.ts'
import { root } from './imports.ts'

/** Names that the code blocks use without declaring them. A block that shows how to create one declares its own. */
const prelude = `
import type { TokenClient } from 'service-token-client'

declare global {
  const tokens: TokenClient
  const log: Record<'info' | 'warn' | 'error', (fields: object, message?: string) => void>
  function readSecret(): Promise<string>
  function serve(tokens: TokenClient): Promise<void>
  function connect(options: { headers: Record<string, string> }): void
}
`

const block = /^```(?:ts|js)\n([\s\S]*?)^```$/gm

/** File name → a module for each code block; the name says page and line. */
function modules(): Map<string, string> {
  const found = new Map([['prelude.ts', prelude]])
  for (const page of pages) {
    const text = read(page)
    for (const { index, 1: code = '' } of text.matchAll(block)) {
      const line = text.slice(0, index).split('\n').length
      found.set(`${page.replaceAll('/', '-')}-line-${line}.ts`, `${code}\nexport {}\n`)
    }
  }
  return found
}

test.each(['undici', 'undici8'])('the code blocks of README and docs compile, with %s', async (undici) => {
  await mkdir(join(root, '.cache'), { recursive: true })
  const folder = await mkdtemp(join(root, '.cache/docs-'))
  try {
    for (const [name, code] of modules()) await writeFile(join(folder, name), code)
    expect(await compile(folder, undici)).toBe('')
  } finally {
    await rm(folder, { recursive: true })
  }
})
