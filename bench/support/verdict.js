/** Whether a figure stays within its target. */
export function atMost(what, figure, limit, unit = '') {
  return { what, figure: `${rounded(figure)}${unit}`, target: `≤ ${limit}${unit}`, met: figure <= limit }
}

export function exactly(what, figure, wanted) {
  return { what, figure: String(figure), target: String(wanted), met: figure === wanted }
}

/** Three digits that count. */
export function rounded(figure) {
  if (figure === null || !Number.isFinite(figure)) return '–'
  return Math.abs(figure) >= 100 ? Math.round(figure).toLocaleString('en') : String(Number(figure.toPrecision(3)))
}

/** The median of many runs, and the range of their middle half. */
export function spread({ median, low, high }, unit = '') {
  return `${rounded(median)}${unit} (${rounded(low)} to ${rounded(high)})`
}
