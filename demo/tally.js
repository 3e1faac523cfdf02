/** What was counted beside what it had to be, and beside what the two other clients did in the same story. */
export function tally() {
  const rows = []
  return {
    exactly: (what, counted, wanted, others) =>
      rows.push({ what, counted, wanted: `${wanted}`, right: counted === wanted, others }),
    atLeast: (what, counted, wanted, others) =>
      rows.push({ what, counted, wanted: `${wanted} or more`, right: counted >= wanted, others }),
    /** Prints the table and says whether every count is right. */
    print() {
      console.log(line('', ['this client', 'has to be', '', 'without a cache', 'waits at the end']))
      for (const { what, counted, wanted, right, others: [cacheless = '', waiting = ''] = [] } of rows)
        console.log(line(what, [counted, wanted, right ? 'ok' : 'WRONG', cacheless, waiting]))
      return rows.every(({ right }) => right)
    }
  }
}

const widths = [13, 12, 8, 17, 18]

function line(what, cells) {
  return `  ${what.padEnd(46)}${cells.map((cell, index) => `${cell}`.padStart(widths[index])).join('')}`.trimEnd()
}
