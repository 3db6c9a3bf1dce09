/**
 * Typed calls between the harness and a thread or process that it started.
 *
 *     harness: callPeer()  ── functions of the peer ──▶  peer: answerPeer()
 *                          ◀──── functions of ours ────
 */
import { createBirpc } from 'birpc';
import { BenchError, describeError, restoreError, type PortableError } from '../errors.ts';
import { withDeadline } from '../time/deadline.ts';

/** Every peer can be asked to close what it has open. */
export interface PeerFunctions {
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

/** A running thread or process, seen from the thread that started it. */
export interface Peer<Functions extends PeerFunctions> extends AsyncDisposable {
  /** The peer's functions. A call rejects with the error that the peer threw, in its own class. */
  readonly call: Remote<Functions>;
  /** Resolves when the peer is gone: with the reason, or with `undefined` when it was closed. Never rejects. */
  readonly gone: Promise<Error | undefined>;
  /**
   * Calls the peer's `close`, gives it two seconds, then ends the peer. Idempotent.
   *
   * @throws what the peer's `close` threw; the peer is gone all the same.
   */
  close(): Promise<void>;
}

/** How messages go and come. */
export interface MessageChannel {
  readonly post: (message: unknown) => void;
  readonly listen: (listener: (message: unknown) => void) => void;
}

/** A thread or process that was started. */
export interface StartedPeer extends MessageChannel {
  /** As it is called in errors: "server thread". */
  readonly name: string;
  /** Resolves with the reason when it has ended, whatever ended it. Never rejects. */
  readonly ended: Promise<Error>;
  /** Ends it at once. */
  readonly kill: () => unknown;
}

/** Much more than any answer takes; to load the peer's code takes 10 s on a host that 20 benches share with their compilers. */
const callTimeoutMs = 30_000;
const closeTimeoutMs = 2_000;

/**
 * Offers `local` to a peer and calls its functions.
 *
 * No call outlives the peer: when it can't be loaded, throws or exits, all its open calls reject with the reason, and
 * so does every later one.
 */
export function callPeer<Functions extends PeerFunctions>(
  started: StartedPeer,
  local: object,
): Peer<Functions> {
  const { name, post, listen, ended, kill } = started;
  let reason: Error | undefined;
  let closing: Promise<void> | undefined;

  const rpc = createBirpc<Functions, object>(local, {
    ...portableErrors,
    post(message) {
      if (reason) throw reason;
      post(message);
    },
    on: listen,
    resolver: (_name, listener) => throwLoudly(listener),
    timeout: callTimeoutMs,
    onTimeoutError(call) {
      throw new BenchError('PEER_SILENT', {
        what: `The ${name} did not answer "${call}" within ${callTimeoutMs} ms`,
        next: 'Look for a stalled disk or an overloaded host.',
      });
    },
  });
  const call = rpc as unknown as Remote<Functions>;

  const gone = ended.then((why) => {
    reason = why;
    void rpc.$rejectPendingCalls(({ reject }) => {
      reject(why);
    });
    return closing === undefined ? why : undefined;
  });

  const close = async (): Promise<void> => {
    if (reason) return;
    try {
      const closed = (call as unknown as Remote<PeerFunctions>).close();
      await withDeadline(closed, { timeoutMs: closeTimeoutMs, waitingFor: `end of the ${name}` });
    } finally {
      await kill();
      await gone;
    }
  };
  return {
    call,
    gone,
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]() {
      return this.close();
    },
  };
}

/** In the peer: offers `functions` to the harness. Returns what the harness offers. */
export function answerPeer<Local extends object>(
  functions: PeerFunctions,
  { post, listen }: MessageChannel,
): Remote<Local> {
  const rpc = createBirpc<Local, PeerFunctions>(functions, {
    ...portableErrors,
    post,
    on: listen,
    timeout: callTimeoutMs,
  });
  return rpc as unknown as Remote<Local>;
}

/** Nobody waits for a listener's answer, so nobody would learn that it threw: a defect of ours, to end the run. */
function throwLoudly<Args extends unknown[]>(listener: (...args: Args) => unknown) {
  return (...args: Args): unknown => {
    try {
      return listener(...args);
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
      throw error;
    }
  };
}

interface FailedReply {
  readonly t: 's';
  readonly e: unknown;
}

/** A channel knows no class of ours, so errors travel as data. */
const portableErrors = {
  serialize: (message: unknown): unknown =>
    isFailedReply(message) ? { ...message, e: describeError(message.e) } : message,
  deserialize: (message: unknown): unknown =>
    isFailedReply(message) ? { ...message, e: restoreError(message.e as PortableError) } : message,
};

function isFailedReply(message: unknown): message is FailedReply {
  return typeof message === 'object' && message !== null && 'e' in message && message.e !== undefined;
}
