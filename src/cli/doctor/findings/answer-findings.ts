export const answerFindings = {
  'token-missing': {
    why: 'The server reports success without an access_token (RFC 6749 §5.1).',
    remedy: 'Check that the URL is that of the token endpoint. If it is, ask the people who run the server.'
  },
  'token-malformed': {
    why: 'The token cannot be sent in a header, because it is empty or has spaces or control characters.',
    remedy: 'Ask the people who run the server.'
  },
  'token-too-large': {
    why: 'The token is larger than 16 KiB. Servers and proxies refuse such a header, most of them from 8 KiB on.',
    remedy: 'Have roles and groups removed from the token, or ask for fewer scopes.'
  },
  'token-large': {
    why: 'Many servers and proxies accept 8 KiB of headers. Together with other headers, this token can be too large for them.',
    remedy: 'Have roles and groups removed from the token, or ask for fewer scopes.'
  },
  'token-type': {
    why: 'The token is not a Bearer token, and no service accepts it as one.',
    remedy: 'Have the server issue bearer tokens to this client.'
  },
  'dpop-not-issued': {
    why: 'The client asked for a token that is bound to a key (DPoP), and the server issued another kind. Anyone who steals that can use it, so the client refuses it.',
    remedy: 'Have DPoP turned on for this client at the server, or ask without SERVICE_TOKEN_DPOP.'
  },
  'token-type-missing': {
    why: 'The answer does not name the type of the token (RFC 6749 §5.1). The client treats it as a Bearer token.',
    remedy: 'Ask the people who run the server to add token_type.'
  },
  'life-missing': {
    why: 'The answer does not say how long the token lives. The client keeps it for five minutes, so it sends far too many requests if the token lives for hours.',
    remedy: 'Set the option defaultLifetime to the real lifetime, or have the server send expires_in.'
  },
  'life-malformed': {
    why: 'expires_in is not a number of seconds, so the client does not know when the token expires.',
    remedy: 'Ask the people who run the server.'
  },
  'life-short': {
    why: 'Tokens that live for less than a minute are requested all the time, and every outage of the server makes calls fail.',
    remedy: 'Have tokens issued that live for hours. Twelve hours are usual between services.'
  },
  'life-contradicts': {
    why: 'The token itself expires earlier than the answer says. Services will refuse it while the client still thinks that it is good.',
    remedy: 'Ask the people who run the server. expires_in and the claim exp must agree.'
  },
  'scope-narrowed': {
    why: 'The server granted less than the client asked for. Calls that need the rest will be answered with 403.',
    remedy: 'Have the missing scope granted to this client, or do not ask for it.'
  },
  'scope-widened': {
    why: 'The server granted more than the client asked for. A stolen token then allows more than necessary.',
    remedy: 'Have the rights withdrawn that the client does not need.'
  },
  'scope-malformed': {
    why: 'scope is not a string of words with spaces between them (RFC 6749 §3.3), so the client does not know what was granted.',
    remedy: 'Ask the people who run the server.'
  }
} as const
