import type { Random } from './random.ts'

/** Damages a text in one to four places: cut, repeated, replaced, put in, or broken off. */
export function mutate(random: Random, text: string, words: readonly string[]): string {
  let damaged = text
  for (let times = random.below(4); times >= 0; times--) damaged = damage(random, damaged, words)
  return damaged
}

function damage(random: Random, text: string, words: readonly string[]): string {
  const at = random.below(text.length + 1)
  const to = Math.min(text.length, at + 1 + random.below(random.oneIn(4) ? text.length + 1 : 4))
  switch (random.below(7)) {
    case 0:
      return text.slice(0, at) + text.slice(to)
    case 1:
      return text.slice(0, to) + text.slice(at)
    case 2:
      return text.slice(0, at) + anyCharacter(random) + text.slice(at + 1)
    case 3:
      return text.slice(0, at) + random.pick(words) + text.slice(at)
    case 4:
      return text.slice(0, at) + random.pick(words) + text.slice(to)
    case 5:
      return random.oneIn(8) ? text.slice(0, at) + text.slice(at, to).repeat(random.below(64)) + text.slice(to) : text
    default:
      return random.oneIn(4) ? text.slice(0, at) : text
  }
}

const hostile = [
  '\0',
  '\t',
  '\n',
  '\r',
  ' ',
  '"',
  '\\',
  ',',
  ';',
  '=',
  '/',
  '%',
  '\x7f',
  '\x80',
  '\xff',
  '\u0100',
  '\ud800',
  '\ufeff'
]

function anyCharacter(random: Random): string {
  return random.oneIn(2) ? random.pick(hostile) : String.fromCharCode(random.below(random.oneIn(8) ? 0x10000 : 0x80))
}
