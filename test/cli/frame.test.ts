import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { commands } from '../../src/cli/commands.ts'
import { headings, read } from '../house/documented.ts'
import { serviceToken } from './service-token.ts'

const run = serviceToken()
const names = Object.keys(commands)

test('without a command the overview is shown, and the exit code says that nothing was done', async () => {
  const { exitCode, stdout, stderr } = await run([])
  expect([exitCode, stdout]).toEqual([2, ''])
  for (const name of names) expect(stderr).toContain(`  ${name} `)
})

test.each(['--help', '-h', 'help'])('%s shows every command', async (argument) => {
  const { exitCode, stdout } = await run([argument])
  expect(exitCode).toBe(0)
  for (const name of names) expect(stdout).toContain(`  ${name} `)
})

test('--version tells the version of the package', async () => {
  expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: '' })
})

describe.each(names)('%s', (name) => {
  test('has a help with examples and exit codes, and its own --json', async () => {
    const { exitCode, stdout } = await run([name, '--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/Examples:\n {2}# .+\n {2}.*service-token/)
    expect(stdout).toMatch(/Exit codes:\n {2}0 {2}/)
    expect(stdout).toContain('--json')
    expect(await run(['help', name])).toMatchObject({ exitCode: 0, stdout })
  })

  test('refuses a flag that it does not have, and repeats none of its values', async () => {
    const { exitCode, stdout, stderr } = await run([name, '--no-such-flag=marker-secret'])
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain("Unknown option '--no-such-flag'. Remove it. The known names are: ")
    expect(stderr).not.toContain('marker-secret')
  })

  test('refuses a secret as an argument, says how to give it instead, and does not repeat it', async () => {
    const { exitCode, stderr } = await run([name, '--client-secret', 'marker-secret'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--client-secret-file')
    expect(stderr).not.toContain('marker-secret')
  })
})

test.each([
  [['serve', '--lifetime', '-1'], '--lifetime'],
  [['serve', '--port'], '--port'],
  [['simulate', '--instances', '--rollout'], '--instances']
])('%j lacks a value, and the message says how to give one', async (given, flag) => {
  const { exitCode, stderr } = await run(given)
  expect([exitCode, stderr]).toEqual([
    2,
    `${flag} needs a value. If the value begins with a dash, write ${flag}=VALUE.\nservice-token ${given[0]} --help shows its flags and examples.\n`
  ])
})

test('docs/command-line.md has a section for each command and for no other', () => {
  const sections = headings('docs/command-line.md').filter((heading) => heading.startsWith('service-token '))
  expect(sections).toEqual(names.map((name) => `service-token ${name}`))
})

test('README leads to docs/command-line.md', () => {
  expect(read('README.md')).toContain('](docs/command-line.md)')
})

test('an unknown command is wrong usage, and with --json the error is JSON', async () => {
  const { exitCode, stdout, stderr } = await run(['frobnicate', '--json'])
  expect([exitCode, stderr]).toEqual([2, ''])
  expect(JSON.parse(stdout).error).toEqual({
    code: 'ERR_USAGE',
    message: `There is no such command. The commands are: ${names.join(', ')}.`
  })
})

test('one operand too many is wrong usage, and the message does not repeat it', async () => {
  const { exitCode, stderr } = await run(['inspect', 'a.b.c', 'marker-secret'])
  expect(exitCode).toBe(2)
  expect(stderr).toContain('takes at most 1 operand')
  expect(stderr).not.toContain('marker-secret')
})
