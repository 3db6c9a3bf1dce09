import { stripColours } from '../../log/log-line.ts';
import { printable } from '../../printable.ts';
import type { Datagram, Impairment, RunEvent, SerialLine } from '../../record/events.ts';
import type { RunRecord } from '../../record/read-run.ts';
import type { RowKind } from './report-data.ts';

/** More rows than that no browser can scroll through. The oldest are left out: they are in the record. */
const mostRows = 700_000;

/** One line of the log on the page. */
export interface LogRow {
  readonly hostNs: number;
  readonly kind: RowKind;
  readonly text: string;
  /** What it tells of. */
  readonly source: SerialLine | Datagram | Impairment | RunEvent;
}

/** Console, network and bench on one axis of time. No text can steer or hide anything where it is shown. */
export function rowsOf(
  { lines, datagrams, impairments, events }: RunRecord,
  own: ReadonlySet<Datagram>,
): { readonly rows: readonly LogRow[]; readonly leftOut: number } {
  const all: LogRow[] = [
    ...lines.map((line): LogRow => ({
      hostNs: line.hostNs,
      kind: 's',
      text: textOfLine(line),
      source: line,
    })),
    ...datagrams.map((datagram): LogRow => {
      const kind = own.has(datagram) ? 'd' : 'f';
      return { hostNs: datagram.stamp.hostNs, kind, text: textOfDatagram(datagram), source: datagram };
    }),
    ...impairments.map((event): LogRow => ({
      hostNs: event.hostNs,
      kind: 'b',
      text: textOfImpairment(event),
      source: event,
    })),
    ...events.flatMap(rowsOfEvent),
  ];
  const rows = all.sort((a, b) => a.hostNs - b.hostNs);
  const leftOut = Math.max(0, rows.length - mostRows);
  return { rows: leftOut === 0 ? rows : rows.slice(leftOut), leftOut };
}

function textOfLine({ text, truncated }: SerialLine): string {
  return quote(stripColours(text)) + (truncated ? ' … (cut)' : '');
}

function textOfDatagram({ from, length, payloadHex }: Datagram): string {
  const payload = Buffer.from(payloadHex, 'hex');
  const cut = payload.length < length ? ' …' : '';
  return `${from.address}:${from.port}  ${length} B  “${printable(payload)}”${cut}`;
}

function textOfImpairment({ direction, effect, datagram, delayMs, bit }: Impairment): string {
  const what = direction === 'uplink' ? 'datagram' : 'answer to datagram';
  return [
    `${direction} ${effect}: ${what}${datagram === undefined ? '' : ` #${datagram}`}`,
    ...(delayMs === undefined ? [] : [`held up for ${delayMs.toFixed(1)} ms`]),
    ...(bit === undefined ? [] : [`bit ${bit} flipped`]),
  ].join(', ');
}

function rowsOfEvent(event: RunEvent): LogRow[] {
  const row = (hostNs: number, text: string, kind: RowKind = 'b'): LogRow => ({
    hostNs,
    kind,
    text: quote(text),
    source: event,
  });
  switch (event.kind) {
    case 'stage':
      return [
        row(
          event.hostNs,
          `${event.stage} ${event.state}${event.detail === undefined ? '' : `: ${event.detail}`}`,
        ),
      ];
    case 'bench-action':
      return [row(event.hostNs, `${event.action}${event.detail === undefined ? '' : `: ${event.detail}`}`)];
    case 'disturbance':
      return [row(event.fromNs, `${event.name} begins`), row(event.toNs, `${event.name} is over`)];
    case 'error':
      return event.message.split('\n').map((line) => row(event.hostNs, line, 'e'));
    case 'window':
    case 'bench-health':
      return [];
  }
}

function quote(text: string): string {
  return printable(Buffer.from(text));
}
