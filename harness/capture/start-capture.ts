import { networkInterfaces } from 'node:os';
import { basename } from 'node:path';
import { installCommandFor } from '../doctor/package-manager.ts';
import { BenchError, describeError } from '../errors.ts';
import { startProgram } from '../process/start-program.ts';
import type { Endpoint } from '../record/events.ts';
import type { CaptureReport } from '../record/verdict.ts';
import { markEnd } from './mark-end.ts';
import { findCapturer, permitCommand, type Capturer } from './find-capturer.ts';

export interface CaptureOptions {
  /** Where the bench's UDP is: only what goes to or comes from there is captured. `0.0.0.0`: that port, on all addresses. */
  readonly at: Endpoint;
  /** Path of the file in the run's folder, without its extension. */
  readonly file: string;
  readonly signal: AbortSignal;
  /** Told what comes of it: at the begin, and again when there is more to say at the end. */
  readonly onReport: (report: CaptureReport) => void;
}

/** A program that doesn't begin within this never will. */
const readyTimeoutMs = 10_000;
/** A bound on what is kept of a board that floods the network; ours sends 36,000 in an hour. */
const mostPackets = 10_000_000;

/**
 * Records the UDP traffic of a run, as the network stack sees it, beside the bench: it is for people to look at, and no verdict rests
 * on it. So what keeps it from being made is told, with the command that mends it, and ends nothing.
 *
 * ```
 * dumpcap -i lo -f 'udp port 3333 and host 127.0.0.1' ──▶ capture.pcapng
 * tcpdump, where there is no dumpcap                  ──▶ capture.pcap, which the same programs read
 * ```
 *
 * @returns what ends it, with all that came until then.
 */
export async function startCapture(options: CaptureOptions): Promise<AsyncDisposable> {
  const { signal, onReport } = options;
  try {
    return await start(mayCapture(await findCapturer(signal)), options);
  } catch (error) {
    signal.throwIfAborted();
    onReport({ reason: describeError(error).message });
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

function mayCapture(capturer: Capturer | undefined): Capturer {
  if (capturer === undefined) {
    throw new BenchError('CAPTURE_MISSING', {
      what: 'There is neither dumpcap nor tcpdump on this host, so nothing is captured',
      next: installCommandFor(process.env['PATH'] ?? '')({ apt: 'tcpdump' }),
    });
  }
  if (capturer.permission === undefined) {
    throw new BenchError('CAPTURE_PERMISSION', {
      what: `This user may not capture by ${capturer.command}, so nothing is captured`,
      where: capturer.path,
      next: permitCommand(capturer),
    });
  }
  return capturer;
}

async function start(capturer: Capturer, options: CaptureOptions): Promise<AsyncDisposable> {
  const { command, path, version } = capturer;
  const { at, signal, onReport } = options;
  const file = `${options.file}.${command === 'dumpcap' ? 'pcapng' : 'pcap'}`;
  const network = networkOf(at.address);
  const filter = [`udp port ${at.port}`, ...(network.isAll ? [] : [`host ${at.address}`])].join(' and ');
  const bound = ['-i', network.name, '-c', String(mostPackets)];
  // To standard output both write packet by packet; to a file, dumpcap only when it likes.
  const args = {
    dumpcap: [...bound, '-q', '-f', filter, '-w', '-'],
    tcpdump: [...bound, '-n', '-U', '-w', '-', filter],
  }[command];
  const program = await startProgram({
    command: 'sh',
    args: ['-c', writeUntilInputEnds, file, path, ...args],
    name: command,
    readyPattern: /^File: |: listening on /,
    readyTimeoutMs,
    signal,
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new BenchError('CAPTURE_FAILED', {
      what: `${command} did not begin to capture`,
      where: `${filter}, on ${network.name}`,
      evidence: error instanceof BenchError ? (error.story.evidence ?? []) : [],
      next: 'try it by hand, or leave --capture out: no verdict needs it',
      cause: error,
    });
  });
  const report = { file: basename(file), by: `${command} ${version}`, filter, network: network.name };
  onReport(report);
  return {
    async [Symbol.asyncDispose]() {
      const isWhole = await markEnd(file, at);
      await program[Symbol.asyncDispose]();
      if (!isWhole)
        onReport({ ...report, reason: 'its end was not seen: the last datagrams may be missing' });
    },
  };
}

/**
 * Runs a program until its own input ends, which it does with the bench, however that ends: neither dumpcap nor tcpdump looks after
 * that. TERM lets both write what they have. The file is made here, as tcpdump becomes a user of its own who may not.
 */
const writeUntilInputEnds = `
exec 3<&0
"$@" 3<&- >"$0" &
program=$!
{ cat <&3; kill -TERM $program; } >/dev/null 2>&1 &
wait $program
`;

/** The interface that has an address; all of them for a server on all addresses. */
function networkOf(address: string): { readonly name: string; readonly isAll: boolean } {
  if (address === '0.0.0.0') return { name: 'any', isAll: true };
  const isLoopback = address.startsWith('127.');
  const found = Object.entries(networkInterfaces()).find(([, addresses = []]) =>
    addresses.some((one) => (isLoopback ? one.internal : one.address === address)),
  );
  return { name: found?.[0] ?? 'any', isAll: false };
}
