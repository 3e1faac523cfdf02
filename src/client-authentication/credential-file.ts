import type { Stats } from 'node:fs'
import { builtin } from '../builtin.ts'
import { CredentialFault, type CredentialSource, configured, keeping } from './credential-source.ts'
import { shownPath } from './shown-path.ts'

const longest = 65_536
const mostReadings = 5
/** Milliseconds. */
const longestTick = 20
const remedy = 'Give the path of a complete file that this process may read.'

/** A credential in a file. It is read when the client is created and again before every attempt. */
export function credentialFile<Credential>(
  option: string,
  path: string,
  parse: (bytes: Buffer) => Credential
): CredentialSource<Credential> {
  const first = configured(
    () => `The file${shownPath(path)} of ${option}`,
    remedy,
    () => parse(readAtStart(path))
  )
  return keeping(`The file ${path} of ${option}`, async () => parse(await readWhole(path)), first)
}

/** A certificate and its key in two files. While a rotation has replaced only one of them, they do not match, and the last pair stays in use. */
export function pairOfFiles<Credential>(
  option: string,
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  parse: (certificate: string, key: string) => Credential
): CredentialSource<Credential> {
  const first = configured(
    () => `The pair of files,${shownPath(certFile)} and${shownPath(keyFile)}, of ${option}`,
    remedy,
    () => parse(`${readAtStart(certFile)}`, `${readAtStart(keyFile)}`)
  )
  return keeping(
    `The pair ${certFile} and ${keyFile} of ${option}`,
    async () => parse(`${await readWhole(certFile)}`, `${await readWhole(keyFile)}`),
    first
  )
}

function readAtStart(path: string): Buffer {
  checkKind(builtin.fs.statSync(path))
  return builtin.fs.readFileSync(path)
}

/**
 * Reads a whole file. If the file changes in the meantime, it is read again until it no longer changes. Two writes in one tick of the file
 * system's clock have the same time, so a file that has just been written must have the same content twice.
 */
export async function readWhole(path: string): Promise<Buffer> {
  const { constants, promises } = builtin.fs
  let former: Buffer | undefined
  for (let reading = 0; reading < mostReadings; reading++) {
    // Opening a pipe would wait until somebody writes to it.
    const file = await promises.open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const began = Date.now()
      const before = await file.stat()
      checkKind(before)
      const bytes = await file.readFile()
      const after = await file.stat()
      const stoodStill = after.mtimeMs === before.mtimeMs && after.size === bytes.length
      if (stoodStill && (began - after.mtimeMs > longestTick || former?.equals(bytes))) return bytes
      former = bytes
    } finally {
      await file.close()
    }
  }
  throw new CredentialFault('is being written')
}

function checkKind(file: Stats): void {
  if (!file.isFile()) throw new CredentialFault('is not a regular file')
  if (file.size > longest) throw new CredentialFault(`has more than ${longest} bytes`)
}
