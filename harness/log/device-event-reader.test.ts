import { describe, expect, test } from 'vitest';
import { DeviceEventReader, readDeviceEvents } from './device-event-reader.ts';
import { capturedLines, linesOf, serialLine } from './testdata/console.ts';

const SENT = 'I (1700) Client: sent seq=0 at_us=1701846';
const FULL = 'I (1700) Client: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f ';
const FULL_HEX = '000102030405060708090a0b0c0d0e0f';

function kindsAndBytes(text: string): string[] {
  return readDeviceEvents(linesOf(text)).map((event) =>
    event.kind === 'payload-dump' ? event.bytesHex : event.kind,
  );
}

describe('payload dumps', () => {
  test('a full line and the rest of a payload are one dump, with the stamp of its first line', () => {
    const events = readDeviceEvents([
      serialLine(FULL, 100),
      serialLine('I (1700) Client: 10 ', 200),
      serialLine(SENT, 300),
    ]);
    expect(events).toMatchObject([
      { kind: 'payload-dump', hostNs: 100, bytesHex: `${FULL_HEX}10` },
      { kind: 'sent', hostNs: 300 },
    ]);
  });

  test('a payload of whole lines ends at the next event', () => {
    expect(kindsAndBytes([FULL, FULL, SENT, FULL, SENT].join('\n'))).toEqual([
      FULL_HEX + FULL_HEX,
      'sent',
      FULL_HEX,
      'sent',
    ]);
  });

  test('a payload of whole lines ends with the log', () => {
    expect(kindsAndBytes(FULL)).toEqual([FULL_HEX]);
  });

  test('a short line comes out at once', () => {
    const reader = new DeviceEventReader();
    expect(reader.push(serialLine('I (1700) Client: 10 '))).toHaveLength(1);
  });

  test('a client that logs nothing but dumps, as the seed does: one dump a period', () => {
    const later = FULL.replace('1700', '1800');
    expect(kindsAndBytes([FULL, FULL.replace('1700', '1710'), later].join('\n'))).toEqual([
      FULL_HEX + FULL_HEX,
      FULL_HEX,
    ]);
  });
});

test("the client's own lines, captured: all are understood", () => {
  const lines = capturedLines('client-host-shim.log');
  const events = readDeviceEvents(lines);
  expect(events.slice(0, 7).map(({ kind }) => kind)).toEqual([
    'project-name',
    'app-version',
    'elf-sha256',
    'idf-version',
    'ip-address',
    'ip-address',
    'client-start',
  ]);
  const clientLines = lines.filter(({ text }) => text.includes(' Client: '));
  const clientEvents = events.slice(events.findIndex(({ kind }) => kind === 'client-start'));
  expect(clientEvents).toHaveLength(clientLines.length);
  expect(
    clientEvents.filter(({ kind }) => kind === 'sent').map((sent) => sent.kind === 'sent' && sent.seq),
  ).toEqual(Array.from({ length: 12 }, (_, seq) => seq));
  expect(clientEvents).toContainEqual(expect.objectContaining({ kind: 'reply-unexpected', length: 5 }));
  // The ack to send 3 never came, nor did that to send 5.
  const ambiguous = clientEvents.filter((event) => event.kind === 'ack' && event.open > 1);
  expect(ambiguous).toMatchObject([
    { seq: 4, open: 2 },
    { seq: 6, open: 2 },
  ]);
});
