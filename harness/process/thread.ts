import { Worker, workerData } from 'node:worker_threads';

/** What every thread of the harness is started with. */
export interface ThreadStart<Data> {
  /** The TypeScript module that the thread runs, e.g. `new URL('./ack-server-thread.ts', import.meta.url)`. */
  readonly module: URL;
  /** What the thread gets from {@link threadData}; structured clone. */
  readonly data: Data;
  /** Shown by debuggers and profilers. */
  readonly name: string;
}

/**
 * Starts a worker thread that runs a TypeScript module.
 *
 * Threads don't inherit a TypeScript loader on Node.js 20, so each starts through a small JavaScript file
 * that sets one up. The thread reads its data with {@link threadData}.
 */
export function startThread<Data>({ module, data, name }: ThreadStart<Data>): Worker {
  return new Worker(new URL('./thread-entry.cjs', import.meta.url), {
    name,
    workerData: { module: module.href, data },
    // What npm's scripts give to the main thread (--import tsx) would be loaded here as well, for nothing, in 100 ms.
    execArgv: [],
  });
}

/** In a thread: the data that it was started with. */
export function threadData(): unknown {
  return (workerData as { data: unknown }).data;
}
