import { parseLogLine } from './log-line.ts';
import { clientTag, parseClientLine } from './client-lines.ts';

/** Lines that are the client's but for their tag. */
export interface MistaggedLines {
  readonly tag: string;
  readonly count: number;
}

/** The client's events under another tag than its own, the most frequent one; `undefined` when there are none. */
export function findMistaggedLines(lines: readonly { readonly text: string }[]): MistaggedLines | undefined {
  const counts = new Map<string, number>();
  for (const { text } of lines) {
    const line = parseLogLine(text);
    if (line === undefined || line.tag === clientTag) continue;
    if (parseClientLine({ ...line, tag: clientTag }) === undefined) continue;
    counts.set(line.tag, (counts.get(line.tag) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most && { tag: most[0], count: most[1] };
}
