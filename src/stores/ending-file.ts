/** What a file holds that counts for a while. */
export interface EndingFile {
  /** Epoch ms. */
  readonly endsAt: number
}

export function hasEnded({ endsAt }: EndingFile): boolean {
  return !(endsAt > Date.now())
}
