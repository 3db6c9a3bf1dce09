/** `npm run server`: the ack server alone, for a board on a desk. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { HilError, UsageError } from '../harness/errors.ts';
import { elapsedMs, type HostNs } from '../harness/time/clock.ts';
import { startAckServer, type AckServerEvent } from '../harness/udp/ack-server.ts';
import { ServerLines } from '../harness/udp/server-lines.ts';

const defaults = { host: '0.0.0.0', port: 3333 } as const;

const usage = `Usage: npm run server -- [options]

Answers "Ok!" to each UDP datagram and prints it.

  --host ADDR  IPv4 address or name to listen on (default $HIL_SERVER_HOST, else ${defaults.host}: all addresses)
  --port PORT  UDP port (default ${defaults.port}; 0: the system picks one)
  --stamps     show with each datagram when it arrived, the interval since the one before, and how exact that is
  --json       print events as JSON, one a line, instead
  --help       show this

Exit code: 2 the server can't listen, 64 wrong usage, 130 interrupted.`;

interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly stamps: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** The most that a datagram holds: 64 KiB less the headers of IPv4 and UDP. */
const longestPayloadBytes = 65_507;

const exitCodes = { usage: 64, bench: 2, dut: 1 } as const;

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const stop = new AbortController();
  const stopWith = (exitCode: number): void => stop.abort(exitCode);
  process.once('SIGINT', () => stopWith(130));
  process.once('SIGTERM', () => stopWith(143));
  // Nobody reads on, as in `npm run server | head`.
  process.stdout.on('error', () => stopWith(0));

  const tally = new Tally();
  try {
    await serve(options, tally, stop.signal, (error) => {
      console.error(error.message);
      stopWith(2);
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  console.error(tally.summary());
  return stop.signal.reason as number;
}

/** Serves until `signal` aborts. */
async function serve(
  { host, port, stamps, json }: ServerOptions,
  tally: Tally,
  signal: AbortSignal,
  onFailure: (error: Error) => void,
): Promise<void> {
  const lines = new ServerLines({ stamps });
  const print = (line: string | undefined): void => {
    if (line !== undefined) process.stdout.write(`${line}\n`);
  };
  await using server = await startAckServer({
    host,
    port,
    signal,
    keepPayloadBytes: longestPayloadBytes,
    onEvent(event) {
      tally.count(event);
      print(json ? JSON.stringify(event) : lines.format(event));
    },
    onHealth(health) {
      tally.droppedByHost = health.droppedByHost;
      if (json) print(JSON.stringify(health));
    },
    onFailure,
  });
  if (!signal.aborted) await once(signal, 'abort');
  await server.close();
}

/** What came and went, for the last line. */
class Tally {
  private datagrams = 0;
  private acks = 0;
  private firstNs: HostNs | undefined;
  private lastNs: HostNs | undefined;
  droppedByHost: number | undefined;

  count(event: AckServerEvent): void {
    if (event.kind === 'datagram') {
      this.datagrams++;
      this.firstNs ??= event.stamp.hostNs;
      this.lastNs = event.stamp.hostNs;
    }
    if (event.kind === 'ack' && event.outcome === 'sent') this.acks++;
  }

  summary(): string {
    const parts = [`${this.datagrams} datagrams`, `${this.acks} acks`];
    if (this.datagrams > 1 && this.firstNs !== undefined) {
      const meanMs = elapsedMs(this.firstNs, this.lastNs) / (this.datagrams - 1);
      parts.push(`mean interval ${meanMs.toFixed(3)} ms`);
    }
    if (this.droppedByHost)
      parts.push(`${this.droppedByHost} more lost by this host: its receive queue was full`);
    return parts.join(', ');
  }
}

function parseOptions(args: readonly string[]): ServerOptions {
  const values = readFlags(args);
  const port = Number(values.port ?? defaults.port);
  if (values.port === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw wrongUsage(`--port must be a whole number from 0 to 65535, got "${values.port ?? ''}"`);
  }
  const host = values.host ?? process.env['HIL_SERVER_HOST'] ?? defaults.host;
  if (host === '') throw wrongUsage('--host must be an IPv4 address or a name, got ""');
  const { stamps = false, json = false, help = false } = values;
  return { host, port, stamps, json, help };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        host: { type: 'string' },
        port: { type: 'string' },
        stamps: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    // "Unknown option '--foo'. To specify a positional argument ...": the rest is for programmers.
    const [sentence = ''] = (cause as Error).message.split('. ');
    throw wrongUsage(sentence, cause);
  }
}

function wrongUsage(what: string, cause?: unknown): UsageError {
  return new UsageError('WRONG_USAGE', { what, next: 'see `npm run server -- --help`', cause });
}

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    if (!(error instanceof HilError)) throw error;
    console.error(error.message);
    process.exitCode = exitCodes[error.fault];
  },
);
