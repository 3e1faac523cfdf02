import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { equal, project, root, run, tool } from './project.js'

/** W33: `npm pack` builds what it packs. Gives the packed file. */
export async function pack(folder) {
  const [{ filename, files }] = JSON.parse(
    await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
  )
  const paths = files.map(({ path }) => path)
  for (const needed of [
    'dist/index.js',
    'dist/cli/main.js',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'SECURITY.md',
    'docs/api.md'
  ])
    if (!paths.includes(needed)) throw new Error(`${needed} is not in the package`)
  const strays = paths.filter(
    (path) => /\.(map|ts)$/.test(path) && !/\.d\.c?ts$/.test(path) && !path.startsWith('examples/')
  )
  equal('neither sources nor maps are in the package', strays.join(), '')
  return join(folder, filename)
}

/** W33: installed from git, where nothing is built, npm builds it. */
export function fromGit() {
  return project({ 'package.json': { private: true, type: 'module' } }, async (folder) => {
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `git+file://${root}`], { cwd: folder })
    const code = "import('service-token-client').then(({ createTokenClient }) => console.log(typeof createTokenClient))"
    equal('the main entry', (await run(process.execPath, ['--eval', code], { cwd: folder })).trim(), 'function')
  })
}

/** What an installed file refers to is there: no source map is named that is not packed. */
export async function noMapsMissing(folder) {
  const main = await readFile(join(folder, 'node_modules/service-token-client/dist/index.js'), 'utf8')
  equal('a reference to a source map', /sourceMappingURL/.test(main), false)
}

export async function publint(tarball) {
  await tool('publint/src/cli.js', ['run', tarball, '--strict'])
}

/** Every entry has the right types in each way of resolving it. */
export async function typesAreRight(tarball) {
  await tool('@arethetypeswrong/cli/dist/index.js', [tarball, '--profile', 'node16', '--no-color', '--no-emoji'])
}
