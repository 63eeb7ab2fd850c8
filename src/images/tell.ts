/** What work on images reports while it runs: a part of kina's events. */
export type Tell = (
  event:
    | { readonly kind: 'progress'; readonly what: string; readonly done: number; readonly total: number }
    | {
        readonly kind: 'retry'
        readonly what: string
        readonly attempt: number
        readonly afterMs: number
        readonly reason: string
      }
    | { readonly kind: 'warning'; readonly message: string; readonly hint?: string }
    | { readonly kind: 'notice'; readonly message: string },
) => void
