export const metadataFindings = {
  'metadata-missing': {
    why: 'Without the metadata (RFC 8414) the client does not know where the token endpoint of this issuer is.',
    remedy:
      'Check the issuer, its path above all (a realm or tenant). Else name the endpoint with SERVICE_TOKEN_TOKEN_ENDPOINT.'
  },
  'metadata-unusable': {
    why: 'Something answers in the place of the metadata which is none: a login page, a gateway, another application.',
    remedy: 'Open the URL that is named and look who answers there.'
  },
  'issuer-slash': {
    why: 'Issuers are compared character by character (RFC 8414 §3.3), and tokens name the other form.',
    remedy: 'Write the issuer exactly as the server does.'
  },
  'issuer-mismatch': {
    why: 'The document is about another issuer; to trust it would let one server pass for another (RFC 8414 §3.3).',
    remedy: 'Configure the issuer that the document names if it is the right one, else look who answers here.'
  },
  'metadata-insecure': {
    why: 'The metadata names an endpoint over plain HTTP, where anyone on the network path could read the secret.',
    remedy: 'Have the server publish https URLs. Behind a proxy it usually has to be configured with its external URL.'
  },
  'method-not-offered': {
    why: 'The server does not accept the configured method of client authentication, but accepts others.',
    remedy: 'Set SERVICE_TOKEN_AUTHENTICATION_METHOD to one that is listed, or have this one enabled.'
  },
  'grant-not-offered': {
    why: 'The server does not offer the client credentials grant, which this client is made for.',
    remedy: 'Have the grant client_credentials enabled at the server.'
  }
} as const
