import type { Stats } from 'node:fs'
import { builtin } from '../builtin.ts'
import { CredentialFault, type CredentialSource, configured, keeping } from './credential-source.ts'
import { shownPath } from './shown-path.ts'

const longest = 65_536
const mostReadings = 5
/** Milliseconds. */
const longestTick = 20
const remedy = 'Give the path of a file that holds it whole, and that this process may read.'

/** A credential in a file: read when the client is made, and before every attempt again. */
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

/** A certificate and its key in two files. Between the two writes of a rotation they do not fit, and the last pair stays. */
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
 * The whole file: one that is written meanwhile is read again until it stands still. Two writes in one tick of the file
 * system's clock bear the same time, so a file that has just been written must read the same twice.
 */
export async function readWhole(path: string): Promise<Buffer> {
  const { constants, promises } = builtin.fs
  let former: Buffer | undefined
  for (let reading = 0; reading < mostReadings; reading++) {
    // Opening a pipe would wait for its writer.
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
