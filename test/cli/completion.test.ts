import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { serviceToken } from './service-token.ts'

const run = serviceToken()

describe('bash completes', () => {
  async function completed(...words: string[]): Promise<string[]> {
    const { stdout: script } = await run(['completion', 'bash'])
    const code = `${script}
      COMP_WORDS=(service-token ${words.map((word) => `'${word}'`).join(' ')})
      COMP_CWORD=${words.length}
      _service_token
      printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = await promisify(execFile)('bash', ['-c', code], { cwd: import.meta.dirname })
    return stdout.split('\n').filter((word) => word !== '')
  }

  test('commands', async () => {
    expect(await completed('ins')).toEqual(['inspect'])
  })

  test('the flags of a command', async () => {
    expect(await completed('inspect', '--ve')).toEqual(['--verify'])
    expect(await completed('token', '--ve')).toEqual([])
  })

  test('files for a flag that takes a file, and nothing for a flag that takes another value', async () => {
    expect(await completed('token', '--config', 'completion.t')).toEqual(['completion.test.ts'])
    expect(await completed('token', '--issuer', 'completion.t')).toEqual([])
  })

  test('a choice of words', async () => {
    expect(await completed('completion', 'z')).toEqual(['zsh'])
    expect(await completed('help', 'tok')).toEqual(['token'])
  })
})

const hasZsh = (() => {
  try {
    return execFileSync('zsh', ['-c', 'echo yes'], { encoding: 'utf8' }) === 'yes\n'
  } catch {
    return false
  }
})()

test.skipIf(!hasZsh)('zsh completes commands and the flags of a command', async () => {
  const { stdout: script } = await run(['completion', 'zsh'])
  // Without a terminal zsh shows no completions, so the test records the calls of its completion functions.
  const code = `
    compdef() { print -r -- "compdef $*" }
    _describe() { print -r -- "describe $1: \${(j:, :)commands}" }
    _arguments() { print -rl -- "$@" }
    ${script}
    words=(service-token ''); CURRENT=2; _service_token
    words=(service-token inspect ''); CURRENT=3; _service_token`
  const { stdout } = await promisify(execFile)('zsh', ['-f', '-c', code])
  expect(stdout).toMatch(/^compdef _service_token service-token\ndescribe command: token:.*inspect:/)
  expect(stdout).toContain('--verify[Also verify the token, as a service that trusts this issuer does.]:ISSUER:\n')
})

test.each([[[]], [['fish']]])('completion for %j is wrong usage that names the shells', async (operands) => {
  const { exitCode, stderr } = await run(['completion', ...operands])
  expect(exitCode).toBe(2)
  expect(stderr).toContain('service-token completion bash, or service-token completion zsh')
})
