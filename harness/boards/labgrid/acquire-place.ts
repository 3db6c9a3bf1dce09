import { join } from 'node:path';
import { BenchError } from '../../errors.ts';
import { lastLines, runTool, type ToolResult } from '../../process/run-tool.ts';
import { parsePlace, type ShownPort } from './parse-place.ts';

/** A place of a labgrid coordinator. */
export interface LabgridPlace {
  readonly place: string;
  /** `HOST:PORT`; absent: `LG_COORDINATOR`, else the one on this host. */
  readonly coordinator?: string;
}

export interface AcquiredPlace {
  /** URL of its serial port. */
  readonly port: string;
  /** For the first line of a run. */
  readonly why: string;
  /** Gives it back; what keeps it from that is told, and changes nothing of a verdict. */
  readonly release: () => Promise<void>;
}

export interface AcquireOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told when the place can't be given back. */
  readonly onTrouble: (text: string) => void;
}

/** Half a second on a quiet host, most of it Python's start. */
const clientTimeoutMs = 30_000;

/**
 * Acquires a place, by labgrid's own client, and finds out where its serial port is. One that this user has acquired already, by hand
 * or for a run that was killed, is used and left acquired.
 *
 * @throws BenchError LABGRID_MISSING, LABGRID_UNREACHABLE, LABGRID_NO_PLACE, LABGRID_TAKEN with who has it, LABGRID_NO_PORT,
 * LABGRID_FAILED for anything else, in labgrid's words.
 */
export async function acquirePlace(wanted: LabgridPlace, options: AcquireOptions): Promise<AcquiredPlace> {
  const { signal, onTrouble } = options;
  const acquiring = askClient(wanted, 'acquire', signal);
  const acquired = await acquiring.catch(async (error: unknown) => {
    // Interrupted, it may or may not have come to that.
    if (signal?.aborted) await askClient(wanted, 'release').catch(() => undefined);
    throw error;
  });
  const wasOurs =
    acquired.exitCode !== 0 && /^.*You have already acquired place \S+\.$/m.test(acquired.stderr);
  if (acquired.exitCode !== 0 && !wasOurs) throw explain(wanted, acquired);
  const release = async (): Promise<void> => {
    if (wasOurs) return;
    const released = await askClient(wanted, 'release').catch((error: unknown) => error as Error);
    if (!(released instanceof Error) && released.exitCode === 0) return;
    const { message } = released instanceof Error ? released : explain(wanted, released);
    onTrouble(`The labgrid place ${wanted.place} was not given back: ${message}`);
  };
  try {
    const shown = await askClient(wanted, 'show', signal);
    if (shown.exitCode !== 0) throw explain(wanted, shown);
    const { acquiredBy = 'us', serialPorts } = parsePlace(shown.stdout);
    const left = wasOurs ? `, which ${acquiredBy} had acquired already and keeps` : '';
    return { port: choosePort(wanted, serialPorts), why: `place ${wanted.place} of labgrid${left}`, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function askClient(
  { place, coordinator }: LabgridPlace,
  command: 'acquire' | 'show' | 'release',
  signal?: AbortSignal,
): Promise<ToolResult> {
  const folder = process.env['HIL_LABGRID'] ?? '';
  const where = coordinator === undefined ? [] : ['--coordinator', coordinator];
  try {
    return await runTool({
      command: join(folder, 'labgrid-client'),
      args: [...where, '--place', place, command],
      signal,
      timeoutMs: clientTimeoutMs,
    });
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === 'TOOL_TIMEOUT') throw unreachable({ place, ...(coordinator && { coordinator }) }, [], error);
    if (code !== 'TOOL_MISSING') throw error;
    throw new BenchError('LABGRID_MISSING', {
      what: `The board is a place of labgrid, and there is no labgrid-client that can be run`,
      where: folder === '' ? 'PATH' : folder,
      next: 'pip install labgrid, and put it in PATH or its folder into HIL_LABGRID',
      cause: error,
    });
  }
}

/** labgrid's own words, told apart. @see labgrid/remote/client.py */
function explain(wanted: LabgridPlace, { stdout, stderr }: ToolResult): BenchError {
  const evidence = lastLines(stderr || stdout, 4);
  const where = describePlace(wanted);
  if (/coordinator is unavailable|Could not connect to coordinator/.test(stderr)) {
    return unreachable(wanted, evidence);
  }
  if (stderr.includes('matches nothing')) {
    return new BenchError('LABGRID_NO_PLACE', {
      what: `labgrid knows no place "${wanted.place}"`,
      where,
      next: `see \`labgrid-client places\`, or make it: \`labgrid-client -p ${wanted.place} create\``,
    });
  }
  const holder = /(?:already acquired by (\S+?)\.? To|already acquired place \S+ on (\S+?)\. )/.exec(stderr);
  if (holder) {
    const [, user, host = ''] = holder;
    return new BenchError('LABGRID_TAKEN', {
      what: `The labgrid place ${wanted.place} is acquired by ${user ?? `this user on ${host}`}`,
      where,
      next: 'wait until it is released, or choose another board',
    });
  }
  return new BenchError('LABGRID_FAILED', {
    what: `labgrid did not give the place ${wanted.place}`,
    where,
    evidence,
    next: `see \`labgrid-client -p ${wanted.place} show\``,
  });
}

function unreachable(wanted: LabgridPlace, evidence: readonly string[], cause?: unknown): BenchError {
  return new BenchError('LABGRID_UNREACHABLE', {
    what: "labgrid's coordinator doesn't answer",
    where: describePlace(wanted),
    evidence,
    next: 'start it (labgrid-coordinator), or say where it is: `coordinator` in the bench file, or LG_COORDINATOR',
    cause,
  });
}

/** Never one of several: flashing the wrong board is worse than not flashing any. */
function choosePort(wanted: LabgridPlace, ports: readonly ShownPort[]): string {
  const [port, ...others] = ports;
  const where = describePlace(wanted);
  if (port?.url !== undefined && port.available && !port.proxied && others.length === 0) return port.url;
  const evidence = ports.map(
    ({ name, url = 'no address', available, proxied }) =>
      `${name}: ${url}${available ? '' : ', not available'}${proxied ? ', through SSH only' : ''}`,
  );
  throw new BenchError('LABGRID_NO_PORT', {
    what:
      others.length > 0
        ? `The labgrid place ${wanted.place} has ${ports.length} serial ports`
        : `The labgrid place ${wanted.place} has no serial port that can be reached from here`,
    where,
    evidence,
    next:
      others.length > 0
        ? 'make a place of one serial port for this board (`labgrid-client add-match`)'
        : 'see that the exporter runs, has the port plugged in, and is not isolated (an `--isolated` one is reached through SSH only)',
  });
}

function describePlace({ place, coordinator }: LabgridPlace): string {
  return `place ${place}, coordinator ${coordinator ?? process.env['LG_COORDINATOR'] ?? '127.0.0.1:20408'}`;
}
