import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile } from './compile.ts'
import { read } from './documented.ts'
import { root } from './imports.ts'

const block = /^```(?:ts|js)\n([\s\S]*?)^```$/gm

async function pages(): Promise<string[]> {
  const docs = await readdir(join(root, 'docs'), { recursive: true })
  return ['README.md', ...docs.filter((file) => file.endsWith('.md')).map((file) => join('docs', file))]
}

/** File name → a module for each code block; the name says page and line. */
async function modules(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const page of await pages()) {
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
    for (const [name, code] of await modules()) await writeFile(join(folder, name), code)
    expect(await compile(folder, undici)).toBe('')
  } finally {
    await rm(folder, { recursive: true })
  }
})
