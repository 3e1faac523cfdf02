/** `util.inspect.custom`, by the name it is registered under: importing `node:util` loads a dozen more of Node's modules. */
export const inspected: unique symbol = Symbol.for('nodejs.util.inspect.custom')
