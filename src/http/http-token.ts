/** The pattern of a token, as names of methods, header fields and schemes are (RFC 9110 §5.6.2). */
export const tokenPattern = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"

export const httpToken = new RegExp(`^${tokenPattern}$`)
