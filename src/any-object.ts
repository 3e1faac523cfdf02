/** Whether it is an object of any kind, also an array, so that its members can be read. */
export function isAnyObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null
}
