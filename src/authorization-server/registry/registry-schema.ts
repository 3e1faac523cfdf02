const names = { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true }
const sentences = { type: 'object', additionalProperties: { type: 'string' } }
const secret = {
  anyOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      description: 'The environment variable that holds the secret.',
      properties: { env: { type: 'string', minLength: 1 } },
      required: ['env'],
      additionalProperties: false
    },
    {
      type: 'object',
      description: 'A secret that is valid until a certain time, while another one replaces it.',
      properties: { value: { type: 'string', minLength: 1 }, until: { type: 'string', format: 'date-time' } },
      required: ['value', 'until'],
      additionalProperties: false
    }
  ]
}
const jwks = {
  type: 'object',
  properties: { keys: { type: 'array', items: { type: 'object', required: ['kty'] } } },
  required: ['keys']
}

const service = {
  type: 'object',
  description: 'A service, and the rights that it declares.',
  properties: {
    audience: { type: 'string', minLength: 1, description: 'The "aud" claim of tokens for this service.' },
    scopes: { ...sentences, description: 'For each scope, a sentence that says what it allows.' },
    roles: { ...sentences, description: 'For each role, a sentence that says who has it.' }
  },
  required: ['audience'],
  additionalProperties: false
}

const grant = {
  type: 'object',
  description: 'What the client may do at this service.',
  properties: { scope: names, roles: names },
  additionalProperties: false
}

const client = {
  type: 'object',
  properties: {
    clientId: { type: 'string', minLength: 1 },
    clientSecret: { anyOf: [...secret.anyOf, { type: 'array', items: secret, minItems: 1 }] },
    jwks: { ...jwks, description: 'The public keys of the client, for private_key_jwt.' },
    federation: {
      type: 'object',
      properties: { issuer: { type: 'string' }, subject: { type: 'string' }, jwks },
      required: ['issuer', 'subject', 'jwks']
    },
    certificates: { type: 'array', items: { type: 'string' }, description: 'PEM, for self_signed_tls_client_auth.' },
    certificateSubject: {
      type: 'string',
      minLength: 1,
      description: 'The subject of the certificates, such as CN=orders, for tls_client_auth.'
    },
    may: {
      type: 'object',
      additionalProperties: grant,
      description: 'For each service, what the client may do there.'
    },
    scope: { ...names, description: 'Short form, without services.' },
    roles: { ...names, description: 'Short form, without services.' },
    authorities: { ...names, description: 'Short form, without services.' },
    audience: { ...names, description: 'Short form, without services.' },
    claims: { type: 'object', description: 'Further claims of its tokens.' },
    accessTokenLifetime: { type: 'number', minimum: 1000, description: 'Milliseconds.' },
    dpop: { enum: ['optional', 'required'], description: 'Whether its tokens must be bound to a DPoP key.' },
    dpopNonces: { enum: [true, false, 'once'], description: 'Whether its DPoP proofs must contain a nonce.' },
    enabled: { type: 'boolean', description: 'With false, the client can authenticate, but gets no tokens.' }
  },
  required: ['clientId'],
  additionalProperties: false
}

/** The JSON Schema of a registry file (draft 2020-12), for editors. It cannot check whether a service declares a granted scope; `readRegistry` does. */
export const registrySchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Registry of the development authorization server',
  type: 'object',
  properties: {
    $schema: { type: 'string' },
    services: { type: 'object', additionalProperties: service },
    clients: { type: 'array', items: client }
  },
  required: ['clients'],
  additionalProperties: false
} as const
