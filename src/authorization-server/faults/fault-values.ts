import { ClientConfigurationError } from '../../errors.ts'
import { knownNames } from '../../known-names.ts'
import { type FaultName, type FaultParameter, type FaultValues, faultKinds } from './fault-kinds.ts'

/**
 * The name of a fault that somebody wrote down, with values that it can have.
 * @throws ClientConfigurationError
 */
export function checkedName(name: string, values: FaultValues): FaultName {
  if (!Object.hasOwn(faultKinds, name))
    throw invalidFault(`there is none of this name. ${knownNames(name, Object.keys(faultKinds))}`)
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
  }
  return name as FaultName
}

const isOfKind: Readonly<Record<FaultParameter['kind'], (value: unknown) => boolean>> = {
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  text: (value) => typeof value === 'string',
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
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

export function invalidFault(sentence: string): ClientConfigurationError {
  return new ClientConfigurationError('ERR_INVALID_OPTION', `The fault: ${sentence}`)
}
