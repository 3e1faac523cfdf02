export const configurationFindings = {
  'setting-missing': {
    why: 'Without it the client cannot ask for a token.',
    remedy: 'Set the variable that the message names, give its flag, or put it into the file of --config.'
  },
  'setting-unknown': {
    why: 'Most programs silently ignore a misspelt setting. The service would then run without it.',
    remedy: 'Correct the spelling of the variable, or remove it.'
  },
  'settings-conflict': {
    why: 'Two settings exclude each other, so nobody can know which one the service would use.',
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
    remedy:
      'Write the secret again without the whitespace, unless it belongs to the secret. One line break at the end is always removed.'
  },
  'credential-unavailable': {
    why: 'The client cannot prove who it is, so it gets no token.',
    remedy: 'Check that the file exists, is complete, and can be read by the user that runs the service.'
  }
} as const
