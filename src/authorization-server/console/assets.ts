import { readFile } from 'node:fs/promises'
import type { Answer } from '../http/server-answer.ts'

/** `scripts/bundle.js` copies the files of the page, so that their folder has the same place from here in `dist`. In a bundle of CommonJS there is no URL. */
const here: string | undefined = import.meta.url // in one expression with new URL(), a bundler would look for the folder and fail

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="none" stroke="#3a86d1" stroke-width="2" d="M3 8h7m-3-4 4 4-4 4"/><circle cx="3" cy="8" r="2" fill="#3a86d1"/><circle cx="13" cy="8" r="2" fill="#3a86d1"/></svg>`

const types: Readonly<Record<string, string>> = {
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml'
}

/** A static file of the page, which contains no data of this server; undefined if there is no such file. */
export async function asset(name: string): Promise<Answer | undefined> {
  const type = Object.hasOwn(types, name) ? types[name] : undefined
  if (type === undefined) return undefined
  const body = name === 'icon.svg' ? icon : await fileOf(name)
  if (body === undefined) return notInBundle
  return { status: 200, headers: { 'content-type': type, 'cache-control': 'no-cache' }, body }
}

const notInBundle: Answer = {
  status: 500,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'The files of this page are not in your bundle. Make service-token-client external, so that it stays in node_modules.\n'
}

function fileOf(name: string): Promise<Buffer | undefined> {
  const unreadable = () => undefined
  return URL.canParse('../console/', here)
    ? readFile(new URL(`../console/${name}`, here)).catch(unreadable)
    : Promise.resolve(undefined)
}
