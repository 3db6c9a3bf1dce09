import type { BoardEntry } from '../boards/board-entry.ts';
import type { Endpoint } from '../record/events.ts';

/** A board, and where this host serves it. */
export interface Turn {
  readonly entry: BoardEntry;
  readonly server: Endpoint;
}

const anyAddress = '0.0.0.0';

/**
 * Who runs beside whom: a UDP port has one server, so boards that share one take turns; all others run at once.
 *
 * @returns queues: the boards of one take turns, in the order given; the queues run side by side.
 */
export function planTurns(turns: readonly Turn[]): Turn[][] {
  let queues: Turn[][] = [];
  for (const turn of turns) {
    // One that listens on all addresses may bring queues together that had nothing to do with each other.
    const meets = (queue: readonly Turn[]) => queue.some(({ server }) => overlap(server, turn.server));
    const own = [...queues.filter(meets).flat(), turn];
    queues = [...queues.filter((queue) => !meets(queue)), own];
  }
  return queues;
}

function overlap(one: Endpoint, other: Endpoint): boolean {
  if (one.port !== other.port) return false;
  return one.address === other.address || [one.address, other.address].includes(anyAddress);
}
