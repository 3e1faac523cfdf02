/** The code of a failed system call, or the name that Deno has for what it does not allow. Empty if there is neither. */
export function codeOf(error: Error | undefined): string {
  const { code, name } = (error ?? {}) as NodeJS.ErrnoException
  if (typeof code === 'string') return code
  return name === 'NotCapable' ? name : ''
}
