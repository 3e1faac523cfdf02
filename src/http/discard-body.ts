/** Lets the connection of an answer go that nobody reads. A `fetch` that is not the platform's can give a Node stream, or anything. */
export async function discardBody({ body }: { readonly body?: unknown }): Promise<void> {
  const stream = body as { cancel?(): Promise<void>; destroy?(): void } | null | undefined
  try {
    stream?.destroy?.()
    await stream?.cancel?.()
  } catch {
    // Read already, or locked: what became of it is its owner's affair.
  }
}
