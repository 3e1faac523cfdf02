/** Bytes that are in use when nothing more can be collected; for processes with --expose-gc. */
export async function settledHeap() {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    globalThis.gc()
  }
  return process.memoryUsage().heapUsed
}
