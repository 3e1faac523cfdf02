export const wayFindings = {
  'name-unknown': {
    why: 'Without an address the client cannot connect, and gets no token.',
    remedy: 'Check the spelling of the host, and the search domain and DNS server of this machine or pod.'
  },
  'dns-silent': {
    why: 'The name server of this machine did not answer, so no host can be found by its name.',
    remedy: 'Check /etc/resolv.conf and the network policy for port 53.'
  },
  'connection-refused': {
    why: 'The machine exists, but nothing listens on that port.',
    remedy: 'Check the port, and whether the server runs and listens on this address.'
  },
  'connection-timeout': {
    why: 'Packets get lost. Usually a firewall or a network policy drops them.',
    remedy: 'Allow connections from here to that host and port, or configure the proxy that they should use.'
  },
  'host-unreachable': {
    why: 'There is no route from this machine to that address.',
    remedy: 'Check the network of this machine, and whether this address should be reachable from here.'
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
    why: 'Every client refuses an expired certificate, and this client never skips certificate checks.',
    remedy: 'Have the certificate of the server renewed, and its renewal automated.'
  },
  'certificate-not-yet-valid': {
    why: 'The certificate is not valid yet, or the clock of this machine is slow.',
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
      'Name the private authority with SERVICE_TOKEN_CA_FILE or NODE_EXTRA_CA_CERTS. If the authority is public, have the server send its whole chain.'
  },
  'certificate-wrong-name': {
    why: 'The certificate is for another host. Perhaps the wrong server answers.',
    remedy: 'Use the host name that is in the certificate, or have this name added to it.'
  },
  'certificate-ends-soon': {
    why: 'When it expires, all services lose their tokens at the same time.',
    remedy: 'Have it renewed now. The automatic renewal seems to have stopped.'
  },
  'tls-failed': {
    why: 'The two sides could not agree on a TLS connection. Often a server that uses plain HTTP answers on this port.',
    remedy: 'Check the port and the scheme of the URL, and the TLS versions that the server allows.'
  }
} as const
