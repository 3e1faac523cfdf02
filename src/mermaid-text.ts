/** Text inside a quoted label of Mermaid: whatever could mean something there, or in a page around it, is written as its number. */
export function mermaidText(text: string): string {
  return text.replace(/[^\w .,:/()-]/gu, (character) => `#${character.codePointAt(0)};`)
}
