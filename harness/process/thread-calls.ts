/**
 * Typed calls between two threads, over the message port that every worker thread has.
 *
 *     main: startCalledThread() ── Remote's functions ──▶ thread: answerCalls()
 *                               ◀─── Local's functions ──
 */
import { parentPort, type Worker } from 'node:worker_threads';
import { createBirpc } from 'birpc';
import { BenchError, describeError, restoreError, type HilError, type PortableError } from '../errors.ts';
import { withDeadline } from '../time/deadline.ts';
import { startThread, type ThreadStart } from './thread.ts';

/** Every thread can be asked to close what it has open. */
export interface ThreadFunctions {
  close(): Promise<void>;
}

/** The functions of the other side, as they are called from here. */
export type Remote<Functions> = {
  readonly [Name in keyof Functions]: Functions[Name] extends (...args: infer Args) => infer Result
    ? ((...args: Args) => Promise<Awaited<Result>>) & {
        /** Calls without waiting for an answer; posted before it returns. */
        asEvent(...args: Args): Promise<void>;
      }
    : never;
};

/** A running thread, seen from the thread that started it. */
export interface CalledThread<Functions extends ThreadFunctions> extends AsyncDisposable {
  /** The thread's functions. A call rejects with the error that the thread threw, in its own class. */
  readonly call: Remote<Functions>;
  /** Resolves when the thread is gone: with the reason, or with `undefined` when it was closed. Never rejects. */
  readonly gone: Promise<Error | undefined>;
  /**
   * Calls the thread's `close`, gives it two seconds, then ends the thread. Idempotent.
   *
   * @throws what the thread's `close` threw; the thread is gone all the same.
   */
  close(): Promise<void>;
}

/** Much more than any answer takes on a host that is fit to measure. */
const callTimeoutMs = 10_000;
const closeTimeoutMs = 2_000;

/**
 * Starts a thread that offers `Functions` (it does so by {@link answerCalls}) and may call `local`.
 *
 * No call outlives the thread: when it can't be loaded, throws or exits, all its open calls reject with the
 * reason, and so does every later one.
 */
export function startCalledThread<Data, Functions extends ThreadFunctions>(
  start: ThreadStart<Data>,
  local: object,
): CalledThread<Functions> {
  const worker = startThread(start);
  let closing: Promise<void> | undefined;
  let reason: Error | undefined;

  const rpc = createBirpc<Functions, object>(local, {
    ...portableErrors,
    post: (message) => {
      if (reason) throw reason;
      worker.postMessage(message);
    },
    on: (listener) => void worker.on('message', listener),
    timeout: callTimeoutMs,
    onTimeoutError: (name) => {
      throw new BenchError('THREAD_SILENT', {
        what: `The ${start.name} thread did not answer "${name}" within ${callTimeoutMs} ms`,
        next: 'Look for a stalled disk or an overloaded host.',
      });
    },
  });

  const gone = threadFailure(worker, start.name).then((failure) => {
    reason = failure;
    void rpc.$rejectPendingCalls(({ reject }) => {
      reject(failure);
    });
    return closing === undefined ? failure : undefined;
  });
  const call = rpc as unknown as Remote<Functions>;

  const close = async (): Promise<void> => {
    try {
      await withDeadline((call as Remote<ThreadFunctions>).close(), {
        timeoutMs: closeTimeoutMs,
        waitingFor: `end of the ${start.name} thread`,
      });
    } finally {
      await worker.terminate();
      await gone;
    }
  };
  return {
    call,
    gone,
    close: () => (closing ??= reason ? Promise.resolve() : close()),
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

/** In a thread: offers `functions` to the thread that started it. Returns that thread's functions. */
export function answerCalls<Local extends object>(functions: ThreadFunctions): Remote<Local> {
  const port = parentPort;
  if (port === null) throw new Error('answerCalls() works in worker threads only');
  const rpc = createBirpc<Local, ThreadFunctions>(functions, {
    ...portableErrors,
    post: (message) => port.postMessage(message),
    on: (listener) => void port.on('message', listener),
    timeout: callTimeoutMs,
  });
  return rpc as unknown as Remote<Local>;
}

/** Why the thread ended: what it threw, or its exit. */
function threadFailure(worker: Worker, name: string): Promise<Error> {
  return new Promise((resolve) => {
    worker.once('error', (thrown) => {
      // Node.js carries over an uncaught error's own fields, but not its class.
      resolve('story' in thrown ? restoreError(thrown as HilError) : thrown);
    });
    worker.once('exit', (code) => {
      resolve(new BenchError('THREAD_ENDED', { what: `The ${name} thread ended with exit code ${code}` }));
    });
  });
}

interface FailedReply {
  readonly t: 's';
  readonly e: unknown;
}

/** Structured clone knows no class of ours, so errors travel as data. */
const portableErrors = {
  serialize: (message: unknown): unknown =>
    isFailedReply(message) ? { ...message, e: describeError(message.e) } : message,
  deserialize: (message: unknown): unknown =>
    isFailedReply(message) ? { ...message, e: restoreError(message.e as PortableError) } : message,
};

function isFailedReply(message: unknown): message is FailedReply {
  return typeof message === 'object' && message !== null && 'e' in message && message.e !== undefined;
}
