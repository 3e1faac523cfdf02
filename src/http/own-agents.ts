import type { Agent } from 'undici'
import type { ClientCertificate } from './client-certificate.ts'
import { ownAgent } from './own-agent.ts'

/** The Agents of one sender: one without a certificate, and one for the certificate in use. */
export interface OwnAgents {
  for(certificate: ClientCertificate | undefined): Promise<Agent>
  destroy(): Promise<void>
}

export function ownAgents(ca: string | undefined): OwnAgents {
  /** By thumbprint. */
  const agents = new Map<string, Promise<Agent>>()
  const anonymous = ''

  /** A new certificate is presented on new connections; those with the old one end with what they are doing (RFC 8705 §6.3). */
  async function retireOthers(thumbprint: string): Promise<void> {
    for (const [other, agent] of agents) {
      if (other === anonymous || other === thumbprint) continue
      agents.delete(other)
      agent.then((retired) => retired.close()).catch(() => {})
    }
  }

  return {
    for(certificate) {
      const thumbprint = certificate?.thumbprint ?? anonymous
      const known = agents.get(thumbprint)
      if (known !== undefined) return known
      if (certificate !== undefined) retireOthers(thumbprint)
      const agent = ownAgent({ ca, certificate })
      agents.set(thumbprint, agent)
      agent.catch(() => agents.delete(thumbprint)) // What could not be loaded is tried again at the next need.
      return agent
    },
    async destroy() {
      await Promise.allSettled(Array.from(agents.values(), async (agent) => (await agent).destroy()))
      agents.clear()
    }
  }
}
