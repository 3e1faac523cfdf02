export const configurationFindings = {
  'setting-missing': {
    why: 'Without it the client cannot ask for a token.',
    remedy: 'Set the variable that is named, give its flag, or put it into the file of --config.'
  },
  'setting-unknown': {
    why: 'A misspelt setting is left out in silence by most programs; the service then runs without it.',
    remedy: 'Correct the spelling of the variable, or remove it.'
  },
  'settings-conflict': {
    why: 'Two settings exclude each other, so it is open which of them the service would obey.',
    remedy: 'Keep one of the two.'
  },
  'setting-invalid': {
    why: 'The service would refuse to start with this value.',
    remedy: 'Change the value to the form that the message shows.'
  },
  'plain-http': {
    why: 'Over plain HTTP anyone on the network path can read the secret and the token.',
    remedy:
      'Use the https URL of the server. Where a mesh encrypts all traffic, code can allow it by the symbol allowInsecureHttp.'
  },
  'tls-verification-off': {
    why: 'This process checks no certificates, so anyone on the network path can pretend to be the authorization server and take the secret.',
    remedy: 'Remove NODE_TLS_REJECT_UNAUTHORIZED. Name a private authority with SERVICE_TOKEN_CA_FILE instead.'
  },
  'secret-whitespace': {
    why: 'The whitespace is sent as part of the secret, and servers compare byte by byte.',
    remedy: 'Write the secret again without it, unless it belongs to it; one line end at the end is removed anyway.'
  },
  'credential-unavailable': {
    why: 'The client cannot prove who it is, so it gets no token.',
    remedy: 'Check that the file exists, is complete, and can be read by the user that runs the service.'
  }
} as const
