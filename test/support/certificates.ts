import { generate } from 'selfsigned'

/** PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

const curve = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const

/** A certificate authority that nobody but the test knows. */
export async function authority(name = 'Test CA'): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    ...curve,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true }
    ]
  })
  return { cert, key }
}

/** A certificate for 127.0.0.1 and localhost as well as for a client of this name; without an authority it signs itself. */
export async function certificate(name: string, issuedBy?: Certificate): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    ...curve,
    ...(issuedBy && { ca: issuedBy }),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: 'localhost' }
        ]
      }
    ]
  })
  return { cert, key }
}
