import { lookup } from 'node:dns/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { BenchError, restoreError, UsageError } from '../errors.ts';
import { startCalledThread } from '../process/thread-calls.ts';
import type { BenchHealth, Endpoint, Stamp } from '../record/events.ts';
import { withDeadline } from '../time/deadline.ts';
import type {
  AckServerData,
  AckServerEvent,
  AckServerFunctions,
  AckServerListener,
} from './ack-server-thread.ts';
import type { ImpairmentPlan } from './impairment-plan.ts';
import type { ProbeSchedule } from './prober.ts';
import { Withholding } from './withholding.ts';

export type { AckServerEvent } from './ack-server-thread.ts';
export type { ImpairmentPlan, PathPlan } from './impairment-plan.ts';

export interface AckServerOptions {
  /** An IPv4 address of this host, `0.0.0.0` for all, or a name of one. */
  readonly host: string;
  /** Port 0: the system picks one. */
  readonly port: number;
  /** File that gets the events, one JSON object a line, appended by the server's own thread. Absent: none. */
  readonly eventsFile?: string;
  /** False for a firmware that is a server itself: what arrives is stamped and recorded only. Default true. */
  readonly answers?: boolean;
  /** How much of each payload `payloadHex` holds. Default 256. */
  readonly keepPayloadBytes?: number;
  /** Answers `Ok! #17` to a datagram that ends with ` #17`. Default false: as the seed's server. */
  readonly echoNumbers?: boolean;
  /** `handler` does without the kernel's stamps even where they are to be had. Default `kernel`. */
  readonly stampSource?: Stamp['source'];
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal;
  /** Gets each event soon after it happened, in order; after it was written to `eventsFile`. */
  readonly onEvent?: (event: AckServerEvent) => void;
  /** Gets once a second how the server's thread kept time, and what its receive queue has lost so far. */
  readonly onHealth?: (health: BenchHealth) => void;
  /** Something failed that no call can report: the thread ended, the journal's disk is full, receiving failed. */
  readonly onFailure?: (error: Error) => void;
}

/** The seed's server, in a thread of its own: answers `Ok!` to each datagram, at once. */
export interface AckServer extends AsyncDisposable {
  /** Where it listens. Stays the same over restarts. */
  readonly address: Endpoint;
  /** Size of the receive queue as the system reports it: Linux doubles what was granted. */
  readonly receiveBufferBytes: number;
  /** Where arrival times come from; single stamps may still be the handler's, and say so. */
  readonly stampSource: Stamp['source'];
  /** Stops listening; resolves when the port is free. No effect if stopped. */
  stop(): Promise<void>;
  /** Listens again on the same port; datagrams are counted on. No effect if listening. */
  start(): Promise<void>;
  /**
   * Leaves the next `count` datagrams unanswered. Resolves when the last of them has come.
   *
   * @returns their indices
   * @throws BenchError TIMEOUT when they don't come in time; all further datagrams are answered again.
   */
  withholdAcks(
    count: number,
    wait: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<readonly number[]>;
  /**
   * Impairs the path between a board and this server: drops, delays, doubles, reorders or damages datagrams and answers. Each that
   * is hit is told as an `impairment`. Resolves when the plan is fulfilled and the path is clear again.
   *
   * @throws UsageError IMPAIRMENT_TOO_MUCH, ALREADY_IMPAIRED
   * @throws BenchError TIMEOUT when too few datagrams come; the path is clear again.
   */
  impair(
    plan: ImpairmentPlan,
    wait: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Begins to send datagrams to a firmware that is a server; each is told as an event. Replaces an earlier schedule. */
  probe(schedule: ProbeSchedule): Promise<void>;
  /** How the server's thread kept time since it last told, and what its receive queue has lost so far. */
  health(): Promise<BenchHealth>;
  /**
   * Writes events to another file from now on.
   *
   * @throws BenchError JOURNAL_FAILED
   */
  recordTo(file: string): Promise<void>;
  /** Stops listening, completes the journal, ends the thread. Idempotent. */
  close(): Promise<void>;
}

const defaults = { answers: true, keepPayloadBytes: 256, stampSource: 'kernel', echoNumbers: false } as const;

/** DNS servers that are gone are asked for half a minute by default. */
const resolveTimeoutMs = 5_000;

/**
 * Starts the ack server.
 *
 * @throws BenchError HOST_UNKNOWN, PORT_IN_USE, ADDRESS_NOT_OURS, PORT_PERMISSION, BIND_FAILED, JOURNAL_FAILED
 */
export async function startAckServer(options: AckServerOptions): Promise<AckServer> {
  const { signal, onEvent, onHealth, onFailure } = options;
  const { answers, keepPayloadBytes, stampSource, echoNumbers } = { ...defaults, ...options };
  const at: Endpoint = { address: await resolveHost(options.host, signal), port: options.port };
  signal?.throwIfAborted();
  const withholding = new Withholding();
  let onImpaired: (() => void) | undefined;

  const listener: AckServerListener = {
    events(events) {
      for (const event of events) {
        if (event.kind === 'ack') withholding.see(event);
        if (event.kind === 'bench-health') onHealth?.(event);
        else onEvent?.(event);
      }
    },
    impairmentEnded: () => onImpaired?.(),
    failed: (error) => onFailure?.(restoreError(error)),
  };
  const thread = startCalledThread<AckServerData, AckServerFunctions>(
    {
      module: new URL('./ack-server-thread.ts', import.meta.url),
      data: { at, eventsFile: options.eventsFile, answers, keepPayloadBytes, stampSource, echoNumbers },
      name: 'server',
    },
    listener,
  );
  const close = (): Promise<void> => thread.close();
  const abort = (): void => void close().catch((error: unknown) => onFailure?.(error as Error));
  signal?.addEventListener('abort', abort, { once: true });
  void thread.gone.then(() => signal?.removeEventListener('abort', abort));

  const impair: AckServer['impair'] = async (plan, wait) => {
    if (onImpaired) throw new UsageError('ALREADY_IMPAIRED', { what: 'An earlier impair() is under way' });
    const ended = new Promise<void>((resolve) => {
      onImpaired = resolve;
    });
    try {
      await thread.call.impair(plan);
      await withDeadline(ended, { ...wait, waitingFor: `${plan.datagrams} datagrams to impair` });
    } catch (error) {
      // If this fails, then the thread is gone, and its owner is told why.
      await thread.call.impair().catch(() => undefined);
      throw error;
    } finally {
      onImpaired = undefined;
    }
  };

  try {
    const listening = await thread.call.start();
    signal?.throwIfAborted();
    void thread.gone.then((error) => error && onFailure?.(error));
    return {
      ...listening,
      stop: () => thread.call.stop(),
      start: () => thread.call.start().then(() => undefined),
      withholdAcks: (count, wait) =>
        withholding.run({ count, ...wait }, (remaining) => thread.call.withhold(remaining)),
      impair,
      probe: (schedule) => thread.call.probe(schedule),
      health: () => thread.call.health(),
      recordTo: (file) => thread.call.recordTo(file),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    signal?.throwIfAborted();
    throw error;
  }
}

async function resolveHost(host: string, signal: AbortSignal | undefined): Promise<string> {
  if (isIPv4(host)) return host;
  const unknown = (cause?: unknown): BenchError =>
    new BenchError('HOST_UNKNOWN', {
      what: `"${host}" is no IPv4 address and no name of one`,
      next: 'Give an IPv4 address of this host, or 0.0.0.0 for all of them.',
      cause,
    });
  if (isIPv6(host)) throw unknown();
  const { address } = await withDeadline(lookup(host, { family: 4 }), {
    timeoutMs: resolveTimeoutMs,
    waitingFor: `IPv4 address of "${host}"`,
    signal,
  }).catch((cause: unknown) => {
    throw signal?.aborted ? cause : unknown(cause);
  });
  return address;
}
