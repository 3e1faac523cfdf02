import { UsageError } from './command.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Converts `90s`, `30m`, `12h` or `10d` to milliseconds. @throws UsageError */
export function durationFrom(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  if (amount === undefined) throw new UsageError(`${flag} needs a duration, such as 90s, 30m, 12h or 10d.`)
  return Math.round(Number(amount) * (units[unit] ?? 0))
}

/** Reads a whole number. @throws UsageError */
export function countFrom(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new UsageError(`${flag} needs a whole number.`)
  return Number(text)
}
