/** `util.inspect.custom`, by its registered name, because importing `node:util` loads a dozen more of Node's modules. */
export const inspected: unique symbol = Symbol.for('nodejs.util.inspect.custom')
