import { longestDelay } from '../../clock.ts'
import { ClientConfigurationError } from '../../errors.ts'
import { httpToken } from '../../http/http-token.ts'
import { knownNames } from '../../known-names.ts'
import { isRecord } from '../../record.ts'
import { type FaultLimit, type FaultName, type FaultParameter, type FaultValues, faultKinds } from './fault-kinds.ts'

/**
 * Checks the name of a fault and its values.
 * @throws ClientConfigurationError
 */
export function checkedName(name: string, values: FaultValues): FaultName {
  if (!Object.hasOwn(faultKinds, name))
    throw invalidFault(`there is no fault with this name. ${knownNames(name, Object.keys(faultKinds))}`)
  const { parameters } = faultKinds[name as FaultName]
  const known = parameters.map((parameter) => parameter.name)
  const unknown = Object.keys(values).find((one) => !known.includes(one))
  if (unknown !== undefined) throw invalidFault(`${name} has no value ${unknown}. ${knownNames(unknown, known)}`)
  for (const parameter of parameters) {
    const { [parameter.name]: value } = values
    if (value === undefined && parameter.required)
      throw invalidFault(`${name} needs ${parameter.name}: ${parameter.about}`)
    if (value !== undefined && !isOfKind[parameter.kind](value))
      throw invalidFault(`${parameter.name} of ${name} must be ${kindInWords[parameter.kind]}: ${parameter.about}`)
    const { limit } = parameter
    if (value !== undefined && limit !== undefined && !isWithin[limit](value))
      throw invalidFault(`${parameter.name} of ${name} must be ${limitInWords[limit]}.`)
  }
  return name as FaultName
}

const isOfKind: Readonly<Record<FaultParameter['kind'], (value: unknown) => boolean>> = {
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  text: (value) => typeof value === 'string',
  object: isRecord,
  list: (value) => Array.isArray(value),
  numberOrText: (value) => isOfKind.number(value) || isOfKind.text(value),
  any: () => true
}

const kindInWords: Readonly<Record<FaultParameter['kind'], string>> = {
  number: 'a number',
  text: 'a string',
  numberOrText: 'a number or a string',
  object: 'an object',
  list: 'a list',
  any: 'given'
}

const longestLife = 10 * 365 * 86_400_000

const isWithin: Readonly<Record<FaultLimit, (value: unknown) => boolean>> = {
  delay: (value) => isBetween(value, 0, longestDelay),
  life: (value) => isBetween(value, 0, longestLife),
  count: (value) => Number.isInteger(value) && isBetween(value, 0, Number.MAX_SAFE_INTEGER),
  status: (value) => Number.isInteger(value) && isBetween(value, 200, 599),
  fields: (value) =>
    Object.entries(value as object).every(
      ([name, field]) => httpToken.test(name) && (field === null || isField(field))
    ),
  field: (value) => (typeof value === 'number' ? value >= 0 : isField(value))
}

const limitInWords: Readonly<Record<FaultLimit, string>> = {
  delay: `milliseconds from 0 to ${longestDelay}`,
  life: 'a number of milliseconds from 0 to ten years',
  count: 'a whole number that is at least 0',
  status: 'a whole number from 200 to 599. Use the fault raw for informational answers',
  fields: 'names and texts that are valid in an HTTP header. Use the fault raw for others',
  field: 'a text that is valid in an HTTP header, or a number that is at least 0'
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

function isField(value: unknown): boolean {
  return Array.isArray(value)
    ? value.every(isField)
    : typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
}

export function invalidFault(sentence: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `The fault: ${sentence}`)
}
