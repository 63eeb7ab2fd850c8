/**
 * Starts work in its order, so many at a time, and goes on in the background.
 * @returns a promise for each.
 */
export function sideBySide<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): readonly Promise<R>[] {
  const slots = items.map(() => Promise.withResolvers<R>())
  let next = 0
  const run = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const slot = slots[index]
      // A failure is told to whoever asks for this one, and does not keep the others.
      await work(items[index] as T).then(slot?.resolve, slot?.reject)
    }
  }
  for (const { promise } of slots) promise.catch(() => undefined)
  for (let worker = 0; worker < most; worker++) void run()
  return slots.map(({ promise }) => promise)
}
