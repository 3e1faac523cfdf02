/** The content of a file that expires. */
export interface EndingFile {
  /** Epoch ms. */
  readonly endsAt: number
}

export function hasEnded({ endsAt }: EndingFile): boolean {
  return !(endsAt > Date.now())
}
