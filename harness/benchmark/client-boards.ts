import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram } from '../process/start-program.ts';
import { BoardStalls } from '../record/board-stalls.ts';
import type { BenchHealth, BoardStall, Datagram } from '../record/events.ts';
import { startAckServer } from '../udp/ack-server.ts';
import type { ExperimentContext } from './experiment.ts';

/** What was heard of one board, and what is known of the host meanwhile. */
export interface HeardBoard {
  readonly address: string;
  readonly datagrams: readonly Datagram[];
  readonly health: readonly BenchHealth[];
  /** By the board's own account. */
  readonly boardStalls: readonly BoardStall[];
}

export interface ClientBoards {
  /** The client, built for this host. */
  readonly program: string;
  /** One board each, in 127.0.0.0/8. */
  readonly addresses: readonly string[];
  /** Begun when all boards run, and waited for at the end. */
  readonly meanwhile?: () => readonly Promise<unknown>[];
  /** From then on. */
  readonly watchedMs: number;
}

/** Runs clients beside each other, a board of its own address each, as the virtual board runs its program. */
export async function watchClients(
  { port, scratch }: Pick<ExperimentContext, 'port' | 'scratch'>,
  { program, addresses, meanwhile, watchedMs }: ClientBoards,
): Promise<HeardBoard[]> {
  const dir = await mkdtemp(join(scratch, 'boards-'));
  const datagrams = new Map<string, Datagram[]>(addresses.map((address) => [address, []]));
  const health: BenchHealth[] = [];
  await using server = await startAckServer({
    host: '127.0.0.1',
    port,
    onEvent: (event) => {
      if (event.kind === 'datagram') datagrams.get(event.from.address)?.push(event);
    },
    onHealth: (record) => {
      health.push(record);
    },
  });
  const stallsFile = (address: string) => join(dir, `${address}.jsonl`);
  const boards = await Promise.all(
    addresses.map((address) => startClient(program, address, stallsFile(address))),
  );
  const work = meanwhile?.() ?? [];
  await new Promise((resolve) => setTimeout(resolve, watchedMs));
  health.push(await server.health());
  await Promise.all([...work, ...boards.map((board) => board[Symbol.asyncDispose]())]);
  return addresses.map((address) => ({
    address,
    datagrams: datagrams.get(address) ?? [],
    health,
    boardStalls: new BoardStalls(stallsFile(address)).soFar ?? [],
  }));
}

async function startClient(program: string, address: string, stallsFile: string) {
  const environment = ['VB_UART_BAUD=115200', 'VB_BOOT_US=0', 'VB_RESET_REASON=1', `VB_IP=${address}`];
  return startProgram({
    command: '/usr/bin/env',
    args: [...environment, `VB_STALLS_FILE=${stallsFile}`, 'VB_MAC=24:0a:0a:c4:12:34', program],
    name: 'firmware',
    readyTimeoutMs: 30_000,
  });
}
