const leastDistinct = 10
const leastSteps = 12
const leastPairs = 0.75
const mostInWords = 0.5

/**
 * Whether a text could come from a random generator. Repetitions, sequences of letters or digits, and texts that are mostly words are refused,
 * because a thief tries those first. A text that passes is not proven to be random.
 */
export function looksRandom(text: string): boolean {
  const neighbours = Array.from(text.slice(1), (character, index) => `${text[index]}${character}`)
  const steps = neighbours.map((pair) => pair.charCodeAt(1) - pair.charCodeAt(0))
  return (
    new Set(text).size >= leastDistinct &&
    new Set(steps).size >= leastSteps &&
    new Set(neighbours).size >= leastPairs * neighbours.length &&
    shareOfWords(text) <= mostInWords
  )
}

/** Sequences of letters of one case with as many vowels as words have. */
function shareOfWords(text: string): number {
  const runs = text.match(/[a-z]{5,}|[A-Z]{5,}/g) ?? []
  const words = runs.filter((run) => (run.match(/[aeiou]/gi) ?? []).length >= run.length / 4)
  return words.join('').length / text.length
}
