import { expect, test } from 'vitest'
import { mermaidText } from '../src/mermaid-text.ts'

test('what ends a label, begins a tag or a number, or is beyond 16 bits is written as its number', () => {
  expect(mermaidText('orders "x" <b>#1;|`\n')).toBe('orders #34;x#34; #60;b#62;#35;1#59;#124;#96;#10;')
  expect(mermaidText('😀')).toBe('#128512;')
})

test('names of services, URLs and scopes stay as they are', () => {
  const names = ['https://users.internal:8443/v1', 'read_user, write-user', 'getToken() for billing']
  for (const name of names) expect(mermaidText(name)).toBe(name)
})
