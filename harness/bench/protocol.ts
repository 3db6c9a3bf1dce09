/**
 * What specs may ask of the bench. They run in vitest's thread, the bench in the main thread; between them lies a
 * broadcast channel whose name is the run's own.
 *
 *     spec ──▶ BenchCalls ──▶ BroadcastChannel ──▶ bench
 *          ◀── evidence, or the error with its branch, code and story ◀──
 */
import { BroadcastChannel } from 'node:worker_threads';
import { createBirpc, type ChannelOptions } from 'birpc';
import type { FaultName } from '../boards/parts/fault.ts';
import { restoreError, describeError, type PortableError } from '../errors.ts';
import type { Evidence, Recovery } from '../record/evidence.ts';
import type { SoakEvidence } from '../record/soak.ts';
import type { PathPlan } from '../udp/ack-server.ts';

/** What is to happen to the board's next datagrams and to the answers to them. */
export interface ImpairmentRequest {
  /** What the spec calls it, in the record: `loss`. */
  readonly name: string;
  readonly datagrams: number;
  readonly uplink?: PathPlan;
  readonly downlink?: PathPlan;
  /** Decides which datagrams are hit. */
  readonly seed: number;
}

/** Faults after which a board boots anew by itself. */
export type ResettingFault = Extract<FaultName, 'brownout' | 'interrupt-watchdog'>;

export interface BenchCalls {
  /** The boot of the image that was just flashed: from reset to the first datagram. */
  boot(): Promise<Evidence>;
  /** The undisturbed observation that most claims are judged on; observed once, then the same for all. */
  steady(): Promise<Evidence>;
  /** The board left alone for hours, in figures; observed once, then the same for all. Only in a run that was asked for it. */
  soak(): Promise<SoakEvidence>;
  /** Takes the ack server away for `downMs`, then brings it back on the same port. */
  restartServer(downMs: number): Promise<Recovery>;
  /** Leaves the next `count` datagrams unanswered. */
  withholdAcks(count: number): Promise<Recovery>;
  /** Impairs the network between board and server. */
  impair(request: ImpairmentRequest): Promise<Recovery>;
  /** Takes the board's access point away for `downMs`. Asks a fault of the board: see `ClaimOptions.needs`. */
  loseNetwork(downMs: number): Promise<Recovery>;
  /** Resets the board by its EN line. */
  resetBoard(): Promise<Recovery>;
  /** Lets the board reset itself. Asks the fault of the board: see `ClaimOptions.needs`. */
  resetByFault(fault: ResettingFault): Promise<Recovery>;
}

type Answer<T> = { readonly value: T } | { readonly error: PortableError };
type WireCalls = { [K in keyof BenchCalls]: (...args: Parameters<BenchCalls[K]>) => Promise<unknown> };

/** Lets specs call `calls` over the channel of that name, until disposed of. */
export function serveBench(channelName: string, calls: BenchCalls): Disposable {
  const channel = new BroadcastChannel(channelName);
  const answered =
    <Args extends unknown[], T>(call: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<Answer<T>> => {
      try {
        return { value: await call(...args) };
      } catch (error) {
        return { error: describeError(error) };
      }
    };
  const served: WireCalls = {
    boot: answered(() => calls.boot()),
    steady: answered(() => calls.steady()),
    soak: answered(() => calls.soak()),
    restartServer: answered((downMs: number) => calls.restartServer(downMs)),
    withholdAcks: answered((count: number) => calls.withholdAcks(count)),
    impair: answered((request: ImpairmentRequest) => calls.impair(request)),
    loseNetwork: answered((downMs: number) => calls.loseNetwork(downMs)),
    resetBoard: answered(() => calls.resetBoard()),
    resetByFault: answered((fault: ResettingFault) => calls.resetByFault(fault)),
  };
  createBirpc(served, over(channel));
  return {
    [Symbol.dispose]: () => {
      channel.close();
    },
  };
}

/** The bench behind the channel of that name, for one client a channel. The channel never keeps a thread alive. */
export function connectBench(channelName: string): BenchCalls {
  const channel = new BroadcastChannel(channelName);
  channel.unref();
  // The bench bounds every wait itself; a second, shorter limit here would only hide its words.
  const remote = createBirpc<WireCalls>({}, { ...over(channel), timeout: -1 });
  const ask = async <T>(answer: Promise<unknown>): Promise<T> => {
    const told = (await answer) as Answer<T>;
    if ('error' in told) throw restoreError(told.error);
    return told.value;
  };
  return {
    boot: () => ask(remote.boot()),
    steady: () => ask(remote.steady()),
    soak: () => ask(remote.soak()),
    restartServer: (downMs) => ask(remote.restartServer(downMs)),
    withholdAcks: (count) => ask(remote.withholdAcks(count)),
    impair: (request) => ask(remote.impair(request)),
    loseNetwork: (downMs) => ask(remote.loseNetwork(downMs)),
    resetBoard: () => ask(remote.resetBoard()),
    resetByFault: (fault) => ask(remote.resetByFault(fault)),
  };
}

function over(channel: BroadcastChannel): ChannelOptions {
  return {
    post: (message: unknown) => {
      channel.postMessage(message);
    },
    on: (listener) => {
      channel.onmessage = (event) => {
        listener((event as MessageEvent).data);
      };
    },
  };
}
