export const requestFindings = {
  'credential-refused': {
    why: 'The server does not know the client by this credential, so it gets no token.',
    remedy:
      'Compare the client id and the secret with those of the server. A rotated secret may not have reached this machine.'
  },
  'secret-needs-encoding': {
    why: 'The server decodes the two halves of the Basic header (RFC 6749 §2.3.1), but they are sent without encoding.',
    remedy: 'Remove SERVICE_TOKEN_BASIC_ENCODING=raw.'
  },
  'secret-refuses-encoding': {
    why: 'The server does not decode the two halves of the Basic header, so special characters of the secret arrive changed.',
    remedy:
      'Set SERVICE_TOKEN_AUTHENTICATION_METHOD=client_secret_basic and SERVICE_TOKEN_BASIC_ENCODING=raw, or use client_secret_post.'
  },
  'method-other-works': {
    why: 'The credential is right, but the server expects it in another form.',
    remedy: 'Set SERVICE_TOKEN_AUTHENTICATION_METHOD to the method that the message names.'
  },
  'client-certificate-refused': {
    why: 'The server ended the connection because of the certificate of the client: it is missing, expired, or from an authority that the server does not know.',
    remedy: 'Check that the certificate is valid and that the server trusts its authority.'
  },
  'scope-refused': {
    why: 'The server does not know this scope, or this client may not have it. In both cases it issues no token at all.',
    remedy: 'Have the scope granted to this client, or ask without it.'
  },
  'audience-refused': {
    why: 'The server does not know this audience or resource, or this client may not use it.',
    remedy: 'Correct SERVICE_TOKEN_AUDIENCE or SERVICE_TOKEN_RESOURCE, or have the client allowed there.'
  },
  'grant-not-allowed': {
    why: 'The server knows the client, but the client may not use the client credentials grant.',
    remedy:
      'Have the grant client_credentials enabled for this client. It is often called service account or machine to machine.'
  },
  'request-refused': {
    why: 'The server says that a parameter is missing, repeated or wrong.',
    remedy: 'Compare audience and resource with what the server expects. Some servers require one of them.'
  },
  'error-unknown': {
    why: 'The server refuses with an error value of its own, which no RFC explains.',
    remedy: 'Look up this value in the documentation of the server.'
  },
  'dpop-demanded': {
    why: 'The server issues only tokens that are bound to a key (DPoP, RFC 9449) to this client, and the client does not ask for them.',
    remedy: 'Set SERVICE_TOKEN_DPOP=true, or the option dpop: true.'
  },
  'dpop-proof-refused': {
    why: 'The server does not accept the DPoP proof of the token request, so it issues no token.',
    remedy:
      'Check whether the server takes the algorithm of the key, and whether a proxy changes the URL of the token endpoint or removes DPoP or DPoP-Nonce.'
  },
  'endpoint-not-found': {
    why: 'There is no token endpoint at this URL.',
    remedy: 'Correct SERVICE_TOKEN_TOKEN_ENDPOINT, or the issuer.'
  },
  redirected: {
    why: 'The server answers the token request with a redirect, usually to a login page. The client does not follow it, because it would carry the secret to another place.',
    remedy:
      'Configure the URL of the token endpoint itself, and have it exempted from the single sign-on of the gateway.'
  },
  'rate-limited': {
    why: 'The server refuses requests of this client for a while, because it sends too many.',
    remedy:
      'Look for instances that share this client id and do not keep their token. The client waits as long as the server says.'
  },
  'rate-limited-without-time': {
    why: 'The server refuses requests because there are too many, but does not say how long to wait.',
    remedy:
      'Look for instances that share this client id and do not keep their token. Have the server send Retry-After.'
  },
  unavailable: {
    why: 'The server is overloaded or in maintenance, and says when to try again. Current tokens stay in use.',
    remedy: 'Wait for that time. The client does so by itself.'
  },
  'unavailable-without-time': {
    why: 'The server, or a gateway in front of it, cannot answer at the moment. Current tokens stay in use.',
    remedy: 'Check the health of the server. The client asks again by itself.'
  },
  'server-error': {
    why: 'The server failed while it handled this request. Current tokens stay in use.',
    remedy: 'Check the log of the server for this moment.'
  },
  'no-content': {
    why: 'The server reports success without a token.',
    remedy: 'Check that the URL is that of the token endpoint, and check what answers there.'
  },
  'status-unexpected': {
    why: 'This status has no meaning at a token endpoint, so something else has answered.',
    remedy: 'Look for a gateway, a firewall or a filter between this machine and the server.'
  },
  'html-answer': {
    why: 'A web page answers instead of the token endpoint: a login page, an error page, a captive portal.',
    remedy: 'Check the URL of the token endpoint, and open it to see whose page it is.'
  },
  'not-json': {
    why: 'The answer is not JSON, but a token endpoint must answer with JSON (RFC 6749 §5.1).',
    remedy: 'Check the URL of the token endpoint.'
  },
  compressed: {
    why: 'The answer is compressed, although the request did not allow it. The client does not read it, because a few bytes can expand to gigabytes.',
    remedy: 'Switch off compression for the token endpoint at the gateway. It has no benefit there.'
  },
  'answer-too-large': {
    why: 'The answer is larger than 64 KiB, so it is not the answer of a token endpoint.',
    remedy: 'Check the URL of the token endpoint.'
  },
  'answer-broken': {
    why: 'The answer is not one whole JSON object.',
    remedy: 'Look for a proxy that cuts answers or a gateway that rewrites them.'
  },
  slow: {
    why: 'The answer was not complete within the time limit, so a caller without a token fails.',
    remedy: 'Check the load of the server. Raise SERVICE_TOKEN_TIMEOUT only if the server cannot be faster.'
  },
  'connection-broken': {
    why: 'The connection ended before the answer was complete.',
    remedy: 'Look for a proxy or a load balancer that closes connections, and check the log of the server.'
  }
} as const
