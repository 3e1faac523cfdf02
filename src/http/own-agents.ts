import type { ClientCertificate } from './client-certificate.ts'
import { type Connecting, type OwnAgent, ownAgent } from './own-agent.ts'

/** Our own connections: those without a certificate of the client, and those with the certificate in use. */
export interface OwnAgents {
  for(certificate: ClientCertificate | undefined): OwnAgent
  /** Shares the connections with one more owner that has the same certificates. They are closed when the last owner releases them. */
  share(): OwnAgents
  release(): void
}

export function ownAgents(connecting: Connecting = {}): OwnAgents {
  /** By thumbprint. */
  const agents = new Map<string, OwnAgent>()
  const anonymous = ''
  let owners = 0

  function agentFor(certificate: ClientCertificate | undefined): OwnAgent {
    const thumbprint = certificate?.thumbprint ?? anonymous
    const known = agents.get(thumbprint)
    if (known !== undefined) return known
    if (certificate !== undefined) retireOthers(thumbprint)
    const agent = ownAgent(connecting, certificate)
    agents.set(thumbprint, agent)
    return agent
  }

  /** A new certificate is presented on new connections; those with the old one end with what they are doing (RFC 8705 §6.3). */
  function retireOthers(thumbprint: string): void {
    for (const [other, agent] of agents) {
      if (other === anonymous || other === thumbprint) continue
      agents.delete(other)
      agent.retire()
    }
  }

  function owned(): OwnAgents {
    owners += 1
    let released = false
    return {
      for: agentFor,
      share: owned,
      release() {
        if (released) return
        released = true
        owners -= 1
        if (owners > 0) return
        for (const agent of agents.values()) agent.destroy()
        agents.clear()
      }
    }
  }

  return owned()
}
