import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { type Random, seeded } from './random.ts'
import { watch } from './watch.ts'

export const inputs = Number(process.env.FUZZ_INPUTS ?? 2_000_000)
export const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 0x100000000)

export interface Target<Input> {
  readonly name: string
  /** An input, as a value that JSON can keep. */
  make(random: Random): Input
  /** Throws when the code breaks a promise over this input. */
  check(input: Input): void | Promise<void>
  /** Of the inputs, for checks that take their time. */
  readonly share?: number
}

/** Checks the inputs that failed once, and then new ones. One that fails is printed, and kept for all later runs. */
export function fuzz<Input>({ name, make, check, share = 1 }: Target<Input>): void {
  const count = Math.ceil(inputs * share)
  const kept = new URL(`regressions/${name}.json`, import.meta.url)
  const failedOnce: Input[] = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : []

  test(`${name}: ${count} inputs, FUZZ_SEED=${seed}, after ${failedOnce.length} that failed once`, async () => {
    for (const input of failedOnce) await check(input)

    Error.stackTraceLimit = 0 // Millions of errors are made here, and no trace is read.
    const random = seeded(seed)
    const watching = watch(`${name} with FUZZ_SEED=${seed}`)
    for (let number = 1; number <= count; number++) {
      const input = make(random)
      watching.sees(number)
      try {
        const checked = check(input)
        if (checked !== undefined) await checked
      } catch (error) {
        writeFileSync(kept, `${JSON.stringify([...failedOnce, input], null, 2)}\n`)
        throw new Error(`input ${number} with FUZZ_SEED=${seed}: ${JSON.stringify(input)}`, { cause: error })
      }
    }
    watching.end()
  })
}
