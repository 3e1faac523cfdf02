/** @param {string} title @param {[string, import('../dist/fleet/index.js').FleetReport][]} reports */
export function table(title, reports) {
  const heads = ['', 'requests', 'rollout peak', 'later peaks', 'mean/s', 'sockets', 'no token', 'store peak']
  const rows = reports.map(([name, report]) => [
    name,
    report.requests,
    report.peaks[0] ?? 0,
    report.peaks.slice(1).join(', '),
    report.mean.toPrecision(3),
    report.sockets,
    `${(report.shareWithoutToken * 100).toPrecision(2)} %`,
    report.storePeak ?? '–'
  ])
  const cells = [heads, ...rows].map((row) => row.map(String))
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column].length)))
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  '))
  return `\n${title}\n${lines.join('\n')}`
}
