import type { SerialLine } from '../record/events.ts';
import { parseLogLine } from './log-line.ts';

const BEGIN = 'Initializing. RAM available for dynamic allocation:';
const REGION = /^At [0-9A-F]{8} len ([0-9A-F]{8}) \(/i;

/**
 * How much RAM a boot found free for its heap, in bytes: the regions that ESP-IDF's `heap_init` lists before the application
 * starts. What the firmware's static data takes is not among them.
 *
 * @returns that of the last boot among these lines; `undefined` when there is none, as on a board without an ESP-IDF heap, or when
 * a line of the list came damaged.
 */
export function heapAtStart(lines: readonly SerialLine[]): number | undefined {
  const begin = lines.findLastIndex((line) => heapWords(line)?.startsWith(BEGIN));
  if (begin < 0) return undefined;
  let bytes: number | undefined;
  for (const line of lines.slice(begin + 1)) {
    if (line.truncated || line.rawHex !== undefined) return undefined;
    const [, length] = REGION.exec(heapWords(line) ?? '') ?? [];
    if (length === undefined) break;
    bytes = (bytes ?? 0) + parseInt(length, 16);
  }
  return bytes;
}

function heapWords({ text }: SerialLine): string | undefined {
  const line = parseLogLine(text);
  return line?.tag === 'heap_init' ? line.message : undefined;
}
