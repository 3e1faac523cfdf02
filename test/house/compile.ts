import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from './imports.ts'

export const tsc = join(root, 'node_modules/typescript/bin/tsc')

/** Compiles the files of a folder of the repository against the sources, with one of the two majors as `undici`, and gives the complaints. */
export async function compile(folder: string, undici: string): Promise<string> {
  const configuration = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: {
        undici: [join(root, 'node_modules', undici, 'index.d.ts')],
        'service-token-client': [join(root, 'src/index.ts')],
        'service-token-client/*': [join(root, 'src/*/index.ts')]
      },
      noUnusedLocals: false,
      noUnusedParameters: false
    },
    include: ['*.ts']
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
  return new Promise((resolve) =>
    execFile(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], (error, stdout) =>
      resolve(error === null ? '' : stdout || error.message)
    )
  )
}
