import { readFileSync } from 'node:fs';
import type { SerialLine } from '../../record/events.ts';
import type { HostNs } from '../../time/clock.ts';

/** The lines of a captured log, one every millisecond. */
export function capturedLines(file: string): SerialLine[] {
  return linesOf(readFileSync(new URL(file, import.meta.url), 'utf8'));
}

/** The lines of `text`, one every millisecond. */
export function linesOf(text: string): SerialLine[] {
  return text.split('\n').map((line, index) => serialLine(line, (index + 1) * 1e6));
}

export function serialLine(text: string, hostNs = 0): SerialLine {
  return { kind: 'serial-line', hostNs: hostNs as HostNs, text };
}
