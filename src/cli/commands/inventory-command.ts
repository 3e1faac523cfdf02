import { readRegistry } from 'service-token-client/authorization-server'
import { command, UsageError } from '../command.ts'
import { findingsIn } from '../inventory/findings.ts'
import { inventoryChart, inventoryLines } from '../inventory/inventory-lines.ts'
import { join } from '../inventory/join.ts'
import { readInventory } from '../inventory/read-inventory.ts'

export const inventory = command({
  operands: 'INVENTORY.json…',
  mostOperands: Number.POSITIVE_INFINITY,
  about:
    'Compares what services did with what they may do. Each file holds the inventory of a token client, as JSON.stringify(tokens.inventory()) writes it. The command lists grants that nobody uses and calls that have no grant. It counts the files of several instances of one client together.',
  options: {
    registry: {
      type: 'string',
      value: 'FILE',
      about: 'The registry of the development server, which says who may call whom.'
    },
    mermaid: { type: 'boolean', about: 'Print the calls as a Mermaid flowchart.' }
  },
  examples: [
    {
      line: 'service-token inventory --registry registry.json orders.json billing.json',
      about: 'Which grants are not needed, and which are missing?'
    },
    {
      line: 'service-token inventory --registry registry.json --mermaid *.json > calls.mmd',
      about: 'Draw who calls whom'
    }
  ],
  exitCodes: {
    0: 'Each grant is used, and each call has a grant.',
    1: 'There are findings.',
    2: 'Wrong usage, or a file that cannot be read.'
  },
  async run({ values, operands, json, terminal }) {
    if (values.registry === undefined) throw new UsageError('Give the registry: --registry registry.json.')
    if (operands.length === 0) throw new UsageError('Give at least one file with the inventory of a token client.')
    if (json && values.mermaid === true)
      throw new UsageError('--json and --mermaid cannot be combined. Keep one of the two.')
    const registry = await readRegistry(values.registry)
    const joined = join(registry, (await Promise.all(operands.map(readInventory))).flat())
    const findings = findingsIn(joined)
    if (json) terminal.printJson({ ...joined, findings })
    else if (values.mermaid === true) terminal.print(inventoryChart(joined))
    else terminal.print(inventoryLines(joined, findings, Date.now()))
    return findings.length === 0 ? 0 : 1
  }
})
