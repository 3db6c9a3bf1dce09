/**
 * Like `Promise.all`, but a failure is thrown only when everything has ended: nothing goes on behind the caller's back.
 */
export async function awaitAll<const T extends readonly Promise<unknown>[]>(
  promises: T,
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
