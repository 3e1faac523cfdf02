export const serviceFindings = {
  'clock-off': {
    why: 'The clocks of this machine and of the server disagree. Assertions are refused, and services think that tokens have expired or are not yet valid.',
    remedy: 'Synchronise both clocks (NTP), the wrong one first.'
  },
  'key-unknown': {
    why: 'The token is signed with a key that the issuer does not publish. Every service that verifies it will answer 401.',
    remedy:
      'Have the server publish a new key before it signs with it, and keep the old one until its last token has expired.'
  },
  'signature-wrong': {
    why: 'The signature does not match the published key. Every service that verifies it will answer 401.',
    remedy: 'Check whether two servers with different keys have the same issuer name.'
  },
  'keys-unavailable': {
    why: 'The keys of the issuer cannot be fetched. Services that verify tokens will answer 503 sooner or later.',
    remedy: 'Check jwks_uri in the metadata, and that it can be reached from here.'
  },
  'token-issuer': {
    why: 'The token names another issuer. Services that trust the configured one will refuse it.',
    remedy:
      'Configure the issuer that the token names, here and at the services, or have the server use one name everywhere.'
  },
  'audience-wrong': {
    why: 'The token is not for the audience that the client asked for. The service that needs it will refuse it.',
    remedy: 'Check how this server expects the audience: as audience, as resource, or as part of a scope.'
  },
  'call-token-refused': {
    why: 'The service refuses the token, although the authorization server has just issued it.',
    remedy: 'Compare issuer and audience at that service with those of the token, which service-token inspect shows.'
  },
  'call-demands-dpop': {
    why: 'The service accepts only tokens that are bound to a key (DPoP), and this token is not.',
    remedy: 'Set SERVICE_TOKEN_DPOP=true, if the authorization server supports it.'
  },
  'call-scope-missing': {
    why: 'The service accepts the token, but the token does not allow this call.',
    remedy: 'Have the scope that the message names granted to this client, and ask for it.'
  },
  'call-redirected': {
    why: 'The service answers with a redirect, usually to a login page for people.',
    remedy: 'Call the URL of the service itself, without the single sign-on of the gateway.'
  },
  'call-failed': {
    why: 'The service could not be reached, or it failed. The token is not the reason.',
    remedy: 'Check the URL of --call, and check the log of the service.'
  }
} as const
