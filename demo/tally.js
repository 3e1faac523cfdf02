/** What was counted beside what it had to be, as a table at the end of the story. */
export function tally() {
  const rows = []
  return {
    exactly: (what, counted, wanted) => rows.push({ what, counted, wanted: `${wanted}`, right: counted === wanted }),
    atLeast: (what, counted, wanted) =>
      rows.push({ what, counted, wanted: `${wanted} or more`, right: counted >= wanted }),
    /** Prints the table and says whether every count is right. */
    print() {
      console.log(line('what was counted', 'counted', 'has to be', ''))
      for (const { what, counted, wanted, right } of rows)
        console.log(line(what, counted, wanted, right ? 'ok' : 'WRONG'))
      return rows.every(({ right }) => right)
    }
  }
}

function line(what, counted, wanted, verdict) {
  return `  ${what.padEnd(48)}${`${counted}`.padStart(8)}  ${wanted.padEnd(14)}${verdict}`.trimEnd()
}
