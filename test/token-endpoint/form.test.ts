import { expect, test } from 'vitest'
import { tokenRequest } from '../../src/token/token-request.ts'
import { tokenRequestForm } from '../../src/token-endpoint/form.ts'

test('C7 C23 a request for nothing in particular sends the grant and no parameter without a value', () => {
  const request = tokenRequest({ scope: [], audience: '', resource: [], parameters: { tenant: '' } })
  expect(tokenRequestForm(request).toString()).toBe('grant_type=client_credentials')
})

test('C7 C61 only resource is repeated', () => {
  const form = tokenRequestForm(
    tokenRequest({
      scope: ['read', 'write'],
      audience: 'https://api',
      resource: ['https://a/', 'https://b/?x=1'],
      parameters: { tenant: 'ä &' }
    })
  )
  expect(form.toString()).toBe(
    'grant_type=client_credentials&scope=read+write&audience=https%3A%2F%2Fapi&resource=https%3A%2F%2Fa%2F&resource=https%3A%2F%2Fb%2F%3Fx%3D1&tenant=%C3%A4+%26'
  )
})
