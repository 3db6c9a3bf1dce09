import { awaitAll } from './await-all.ts';

/**
 * Runs `work` on each item, at most `limit` at a time. After a failure no further item is begun; it is thrown when those
 * under way have ended.
 */
export async function forEachParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const drain = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      try {
        await work(item);
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }
  };
  await awaitAll(Array.from({ length: limit }, drain));
}
