import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SerialLine } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { LineReader } from './line-reader.ts';

const at = (ns: number): HostNs => ns as HostNs;

/** Resolves when all that was pushed has come out: the parser is a stream, and streams begin to flow a tick later. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

async function read(chunks: readonly Buffer[]): Promise<SerialLine[]> {
  const lines: SerialLine[] = [];
  const reader = new LineReader((line) => lines.push(line));
  chunks.forEach((chunk, index) => reader.push(chunk, at(index)));
  await settled();
  return lines;
}

describe('LineReader', () => {
  it('stamps a line with the chunk of its last byte', async () => {
    const lines = await read([Buffer.from('one\r\ntw'), Buffer.from('o\n\nthree')]);
    expect(lines).toEqual([
      { kind: 'serial-line', hostNs: 0, text: 'one' },
      { kind: 'serial-line', hostNs: 1, text: 'two' },
      { kind: 'serial-line', hostNs: 1, text: '' },
    ]);
  });

  it('makes the same lines whatever byte a chunk ends at', async () => {
    const log = Buffer.from('I (31) boot: ESP-IDF\r\n\r\nTemperatur: 21 °C\n\xff\n', 'utf8');
    const texts = ['I (31) boot: ESP-IDF', '', 'Temperatur: 21 °C', 'ÿ'];
    for (let cut = 0; cut <= log.length; cut++) {
      const lines = await read([log.subarray(0, cut), log.subarray(cut)]);
      expect(lines.map(({ text }) => text)).toEqual(texts);
    }
  });

  it('keeps the bytes of a line that is not UTF-8', async () => {
    const [line] = await read([Buffer.from('bad \xff\xfe\x80( x\n', 'latin1')]);
    expect(line).toMatchObject({
      text: 'bad \ufffd\ufffd\ufffd( x',
      rawHex: '62616420fffe80282078',
    });
  });

  it('loses no byte of any input', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
    await fc.assert(
      fc.asyncProperty(chunks, async (input) => {
        const whole = Buffer.concat([...input, Buffer.from('\n')]);
        const lines = await read([...input, Buffer.from('\n')]);
        const bytes = lines.map((line) =>
          line.rawHex === undefined ? Buffer.from(line.text) : Buffer.from(line.rawHex, 'hex'),
        );
        const expected = splitLines(whole);
        expect(bytes).toEqual(expected);
      }),
    );
  });

  it('cuts a line that is too long, marks it, and keeps its bytes', async () => {
    const long = Buffer.alloc(20_000, 'x');
    const lines = await read([long.subarray(0, 13_000), long.subarray(13_000), Buffer.from('\nnext\n')]);
    expect(lines.map(({ text, truncated }) => [text.length, truncated])).toEqual([
      [8192, true],
      [8192, true],
      [20_000 - 2 * 8192, undefined],
      [4, undefined],
    ]);
  });

  it('reads 10 MB without a line end in linear time', async () => {
    const chunk = Buffer.alloc(4095, 'x');
    const before = process.cpuUsage();
    let keptBytes = 0;
    const reader = new LineReader(({ text }) => (keptBytes += text.length));
    const chunks = Math.ceil(10e6 / chunk.length);
    for (let sent = 0; sent < chunks; sent++) reader.push(chunk, at(sent));
    reader.cut(at(chunks));
    await settled();
    const { user, system } = process.cpuUsage(before);
    expect(keptBytes).toBe(chunks * chunk.length);
    // Measured: 0.03 s. A quadratic reader takes seconds; a busy host adds no CPU time of ours.
    expect((user + system) / 1e6).toBeLessThan(1);
  });

  it('delivers a line that has begun when it is cut', async () => {
    const lines: SerialLine[] = [];
    const reader = new LineReader((line) => lines.push(line));
    reader.push(Buffer.from('sent seq=1'), at(1));
    reader.cut(at(2));
    reader.cut(at(3));
    reader.push(Buffer.from('ets Jul 29 2019 12:21:46\r\n'), at(4));
    await settled();
    expect(lines).toEqual([
      { kind: 'serial-line', hostNs: 2, text: 'sent seq=1', truncated: true },
      { kind: 'serial-line', hostNs: 4, text: 'ets Jul 29 2019 12:21:46' },
    ]);
  });
});

function splitLines(bytes: Buffer): Buffer[] {
  const text = bytes.toString('latin1');
  const lines = text.slice(0, -1).split('\n');
  return lines.map((line) => Buffer.from(line.replace(/\r$/, ''), 'latin1'));
}
