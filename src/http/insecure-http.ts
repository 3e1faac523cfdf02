/** The exported symbol that allows plain HTTP. A symbol, because no configuration file can set it. */
export const allowInsecureHttp: unique symbol = Symbol('service-token-client.allowInsecureHttp')
