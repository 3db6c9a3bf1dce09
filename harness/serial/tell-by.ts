import type { Remote } from '../process/remote-calls.ts';
import type { SerialListener } from './serial-service.ts';

/** A listener on the other side, told without waiting for its answer. */
export function tellBy(remote: Remote<SerialListener>): SerialListener {
  return {
    lines: (lines) => void remote.lines.asEvent(lines),
    health: (health) => void remote.health.asEvent(health),
    lost: (error) => void remote.lost.asEvent(error),
  };
}
