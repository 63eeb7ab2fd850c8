/**
 * Works on all items, at most `most` at once. After a failure nothing new is begun, `onFailure` is called, and the failure is
 * thrown when what had begun has ended.
 */
export async function sideBySide<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const left = [...items]
  let failure: { readonly error: unknown } | undefined
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined && failure === undefined; item = left.shift()) {
      try {
        await work(item)
      } catch (error) {
        if (failure === undefined) {
          failure = { error }
          onFailure(error)
        }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker))
  if (failure) throw failure.error
}
