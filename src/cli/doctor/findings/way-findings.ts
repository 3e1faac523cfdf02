export const wayFindings = {
  'name-unknown': {
    why: 'Without an address the client cannot connect, and gets no token.',
    remedy: 'Check the spelling of the host, and the search domain and DNS server of this machine or pod.'
  },
  'dns-silent': {
    why: 'The name server of this machine did not answer, so that no host can be found by its name.',
    remedy: 'Check /etc/resolv.conf and the network policy for port 53.'
  },
  'connection-refused': {
    why: 'The machine is there, and nothing listens on that port.',
    remedy: 'Check the port, and whether the server runs and listens on this address.'
  },
  'connection-timeout': {
    why: 'Packets get lost. Usually a firewall or a network policy drops them.',
    remedy: 'Allow connections from here to that host and port, or configure the proxy that is meant for them.'
  },
  'host-unreachable': {
    why: 'There is no route from this machine to that address.',
    remedy: 'Check the network of this machine, and whether the address is meant to be reached from here.'
  },
  'proxy-not-used': {
    why: 'A proxy is configured in the environment, but Node uses it only if it is told to.',
    remedy: 'Set NODE_USE_ENV_PROXY=1 for the service, or the option proxy of the client.'
  },
  'proxy-authentication': {
    why: 'The proxy requires a user name and a password, so no request reaches the server.',
    remedy: 'Put them into the URL of the proxy: http://user:password@host:port, with % and @ percent-encoded.'
  },
  'proxy-refuses': {
    why: 'The proxy does not connect to the authorization server.',
    remedy: 'Have the server allowed at the proxy, or exempt it with NO_PROXY.'
  },
  'certificate-expired': {
    why: 'An expired certificate is refused by every client, and checks are never skipped here.',
    remedy: 'Have the certificate of the server renewed, and its renewal automated.'
  },
  'certificate-not-yet-valid': {
    why: 'The certificate begins to be valid later, or the clock of this machine is slow.',
    remedy: 'Check the clock of this machine first, then the certificate.'
  },
  'certificate-self-signed': {
    why: 'No authority has signed this certificate. Anyone can make such a certificate.',
    remedy:
      'Have one issued by an authority. For a development server, name its certificate with SERVICE_TOKEN_CA_FILE.'
  },
  'authority-unknown': {
    why: 'The certificate comes from an authority that this process does not trust, or the server does not send the certificates in between.',
    remedy:
      'Name the private authority with SERVICE_TOKEN_CA_FILE or NODE_EXTRA_CA_CERTS; else have the server send its whole chain.'
  },
  'certificate-wrong-name': {
    why: 'The certificate is for another host: it may be the wrong server that answers.',
    remedy: 'Use the host name that is in the certificate, or have this name added to it.'
  },
  'certificate-ends-soon': {
    why: 'When it ends, every service loses its tokens at the same time.',
    remedy: 'Have it renewed now; automatic renewal seems to have stopped.'
  },
  'tls-failed': {
    why: 'The two sides agree on no TLS connection; often a server that speaks plain HTTP answers on this port.',
    remedy: 'Check the port and the scheme of the URL, and the TLS versions that the server allows.'
  }
} as const
