/**
 * Typed calls between a process and a child of it, over the channel that Node.js opens between them. For what
 * can't run in a worker thread; everything else is like thread-calls.ts, and so are the types.
 *
 *     parent: startCalledChild() ── Remote's functions ──▶ child: answerParent()
 *                                ◀─── Local's functions ──
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createBirpc } from 'birpc';
import { BenchError, describeError, restoreError, type PortableError } from '../errors.ts';
import { withDeadline } from '../time/deadline.ts';
import type { CalledThread, Remote, ThreadFunctions } from './thread-calls.ts';
import type { ThreadStart } from './thread.ts';

const callTimeoutMs = 10_000;
const closeTimeoutMs = 2_000;

/**
 * Starts a child process that offers `Functions` and may call `local`.
 *
 * No call outlives the child, and no child outlives its parent: {@link answerParent} sees to that.
 */
export function startCalledChild<Data, Functions extends ThreadFunctions>(
  start: ThreadStart<Data>,
  local: object,
): CalledThread<Functions> {
  const entry = fileURLToPath(new URL('./child-entry.cjs', import.meta.url));
  const child = fork(entry, [start.module.href, JSON.stringify(start.data)], {
    // Loaders and inspectors of the parent are not the child's.
    execArgv: [],
    serialization: 'advanced',
  });
  let closing: Promise<void> | undefined;
  let reason: Error | undefined;

  const rpc = createBirpc<Functions, object>(local, {
    ...portableErrors,
    post: (message) => {
      if (reason) throw reason;
      child.send(message as object);
    },
    on: (listener) => void child.on('message', listener),
    timeout: callTimeoutMs,
    onTimeoutError: (name) => {
      throw new BenchError('CHILD_SILENT', {
        what: `The ${start.name} process did not answer "${name}" within ${callTimeoutMs} ms`,
        next: 'look for a stalled disk or an overloaded host',
      });
    },
  });

  const gone = childFailure(child, start.name).then((failure) => {
    reason = failure;
    void rpc.$rejectPendingCalls(({ reject }) => {
      reject(failure);
    });
    return closing === undefined ? failure : undefined;
  });
  const call = rpc as unknown as Remote<Functions>;

  const close = async (): Promise<void> => {
    try {
      const closed = (call as unknown as ThreadFunctions).close();
      await withDeadline(closed, {
        timeoutMs: closeTimeoutMs,
        waitingFor: `end of the ${start.name} process`,
      });
    } finally {
      child.kill('SIGKILL');
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

/** In a child: the data that it was started with. */
export function childData(): unknown {
  return JSON.parse(process.argv[3] ?? 'null');
}

/** In a child: offers `functions` to the parent, and returns the parent's. Ends the child when the parent has gone. */
export function answerParent<Local extends object>(functions: ThreadFunctions): Remote<Local> {
  // Ctrl-C reaches the whole process group. The parent hears it too, and closes us in its order.
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => {
    const exit = (): void => process.exit();
    functions.close().then(exit, exit);
  });
  const rpc = createBirpc<Local, ThreadFunctions>(functions, {
    ...portableErrors,
    post: (message) => process.send?.(message),
    on: (listener) => void process.on('message', listener),
    timeout: callTimeoutMs,
  });
  return rpc as unknown as Remote<Local>;
}

async function childFailure(child: ChildProcess, name: string): Promise<Error> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return new BenchError('CHILD_ENDED', {
      what: `The ${name} process ended with ${signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`}`,
    });
  } catch (error) {
    return new BenchError('CHILD_ENDED', {
      what: `The ${name} process could not be started`,
      evidence: [(error as Error).message],
      cause: error,
    });
  }
}

interface FailedReply {
  readonly t: 's';
  readonly e: unknown;
}

/** The channel knows no class of ours, so errors travel as data. */
const portableErrors = {
  serialize: (message: unknown): unknown =>
    isFailedReply(message) ? { ...message, e: describeError(message.e) } : message,
  deserialize: (message: unknown): unknown =>
    isFailedReply(message) ? { ...message, e: restoreError(message.e as PortableError) } : message,
};

function isFailedReply(message: unknown): message is FailedReply {
  return typeof message === 'object' && message !== null && 'e' in message && message.e !== undefined;
}
