export const metadataFindings = {
  'metadata-missing': {
    why: 'Without the metadata (RFC 8414) the client does not know where the token endpoint of this issuer is.',
    remedy:
      'Check the issuer, especially its path (a realm or tenant). Otherwise name the endpoint with SERVICE_TOKEN_TOKEN_ENDPOINT.'
  },
  'metadata-unusable': {
    why: 'Something other than the metadata answers there: a login page, a gateway, another application.',
    remedy: 'Open the URL that the message names and check who answers there.'
  },
  'issuer-slash': {
    why: 'Issuers are compared character by character (RFC 8414 §3.3), and tokens name the other form.',
    remedy: 'Write the issuer exactly as the server does.'
  },
  'issuer-mismatch': {
    why: 'The document is about another issuer. If it were trusted, one server could pretend to be another (RFC 8414 §3.3).',
    remedy: 'If the document names the right issuer, configure that one. Otherwise check who answers here.'
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
    why: 'The server does not offer the client credentials grant, which this client needs.',
    remedy: 'Have the grant client_credentials enabled at the server.'
  }
} as const
