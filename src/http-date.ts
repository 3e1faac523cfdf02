const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const month = `(?<month>${months.join('|')})`
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)'
const imfFixdate = `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT`
const rfc850Date = `(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT`
const asctimeDate = `(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${month} (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})`
const forms = [imfFixdate, rfc850Date, asctimeDate].map((form) => new RegExp(`^${form}$`))

/** Epoch ms of an HTTP-date in any of its three forms (RFC 9110 §5.6.7). `wallTime` places the two-digit year of the second one. */
export function parseHttpDate(text: string, wallTime: number): number | undefined {
  for (const form of forms) {
    const groups = form.exec(text)?.groups
    if (groups === undefined) continue
    const { year = '', ...rest } = groups
    return year.length === 4 ? dateOf(Number(year), rest) : nearDateOf(Number(year), rest, wallTime)
  }
  return undefined
}

type Fields = Readonly<Record<string, string | undefined>>

function dateOf(year: number, { month = '', day, hour, minute, second }: Fields): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, months.indexOf(month), Number(day)) // Date.UTC() reads the year 99 as 1999
  if (date.getUTCDate() !== Number(day)) return undefined // 31 February
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined
  return date.getTime() + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000
}

/** More than fifty years ahead means the last century's year with these two digits. */
function nearDateOf(twoDigits: number, fields: Fields, wallTime: number): number | undefined {
  const limit = new Date(wallTime)
  limit.setUTCFullYear(limit.getUTCFullYear() + 50)
  const lastYear = limit.getUTCFullYear()
  const year = lastYear - ((lastYear - twoDigits) % 100)
  const date = dateOf(year, fields)
  return date !== undefined && date > limit.getTime() ? dateOf(year - 100, fields) : date
}
