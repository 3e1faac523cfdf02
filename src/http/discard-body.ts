/** Frees the connection of an answer that nobody reads. Another `fetch` than the platform's can return a Node stream, or anything else. */
export async function discardBody({ body }: { readonly body?: unknown }): Promise<void> {
  const stream = body as { cancel?(): Promise<void>; destroy?(): void } | null | undefined
  try {
    stream?.destroy?.()
    await stream?.cancel?.()
  } catch {
    // The body is already read or locked, so its owner is responsible for it.
  }
}
