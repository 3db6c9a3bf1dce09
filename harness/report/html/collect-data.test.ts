import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostNs } from '../../time/clock.ts';
import { readRun, type RunRecord } from '../../record/read-run.ts';
import { collectData } from './collect-data.ts';
import { groupOf, rowAt, unpack, type Model } from './model.ts';
import { describePlots } from './plot-words.ts';

const read = (name: string): RunRecord => readRun(join(import.meta.dirname, '../../../specs/data', name));
const modelOf = (record: RunRecord): Model => unpack(collectData(record));
const textsOf = ({ data }: Model, rows: readonly number[]): string[] =>
  rows.map((row) => data.log.texts[data.log.text[row] ?? -1] ?? '');

describe('the data of a healthy run', () => {
  const record = read('healthy');
  const model = modelOf(record);

  it('has a row for each console line and datagram, in the order of time', () => {
    const { kind } = model.data.log;
    expect(kind.split('').filter((each) => each === 's')).toHaveLength(record.lines.length);
    expect(kind.split('').filter((each) => each === 'd')).toHaveLength(record.datagrams.length);
    expect(model.atS).toEqual(model.atS.toSorted());
    expect(model.count).toBe(kind.length);
  });

  it('links each datagram with the line of its send and that of its ack', () => {
    const fromHere = record.datagrams.map((_, place) =>
      groupOf(model, model.data.datagrams.row[place] ?? -1),
    );
    const kinds = fromHere.map((rows) =>
      textsOf(model, rows).map((text) => /Client: (sent|ack) seq=/.exec(text)?.[1] ?? 'datagram'),
    );
    // The first and the last of a boot may have lines that the record's end cut off.
    expect(kinds.filter((group) => group.join() === 'datagram,sent,ack').length).toBeGreaterThan(
      0.85 * kinds.length,
    );
    // From any of them, all are found.
    const [, sent = -1] = fromHere[10] ?? [];
    expect(groupOf(model, sent)).toEqual(fromHere[10]);
  });

  it('counts an interval between datagrams of one boot only', () => {
    const absent = model.intervals.ms.filter((ms) => ms === null);
    expect(absent).toHaveLength(2);
    expect(model.data.bootsUs).toHaveLength(2);
  });

  it('marks what the bench left unanswered, and nothing as lost but what was sent while the server was away', () => {
    const lanes = model.data.marks.map(({ lane }) => lane);
    expect(lanes.filter((lane) => lane === 'withheld')).toHaveLength(5);
    const outage = model.data.spans.find(({ name }) => name === 'server-restart');
    const lost = model.data.marks.filter(({ lane }) => lane !== 'withheld');
    for (const { lane, atUs } of lost) {
      expect(lane).toBe('not-arrived');
      expect(atUs).toBeGreaterThan(outage?.fromUs ?? Infinity);
      expect(atUs).toBeLessThan((outage?.toUs ?? 0) + 20_000);
    }
  });

  it('is told in words, too', () => {
    const words = describePlots(model);
    expect(words.intervals).toMatch(/^\d+ intervals in the undisturbed window: median (99|100)\.\d{3} ms/);
    expect(words.roundTrips).toMatch(/^\d+ round trips by the device's clock: median 0\.\d{3} ms/);
    expect(words.losses).toContain('5 left unanswered by the bench');
  });
});

describe('what is wrong with a firmware', () => {
  it('shows as marks: datagrams that arrived twice', () => {
    const { marks } = modelOf(read('doubled-datagrams')).data;
    expect(marks.filter(({ lane }) => lane === 'duplicate')).toHaveLength(5);
  });

  it('shows as marks: sends that were logged and not made', () => {
    const { marks } = modelOf(read('send-logged-without-sending')).data;
    expect(marks.filter(({ lane }) => lane === 'not-arrived').length).toBeGreaterThan(4);
  });
});

describe('what the bench did to the network on purpose', () => {
  const record = read('healthy');
  const hostNs = record.datagrams[20]?.stamp.hostNs ?? (0 as HostNs);
  const impairments = [
    { kind: 'impairment', hostNs, direction: 'uplink', effect: 'delay', datagram: 20, delayMs: 12.34 },
  ] as const;
  const model = modelOf({ ...record, impairments });

  it('has a row and a mark of its own', () => {
    expect(model.data.marks.filter(({ lane }) => lane === 'impaired')).toHaveLength(1);
    expect(model.data.log.texts).toContain('uplink delay: datagram #20, held up for 12.3 ms');
    expect(describePlots(model).losses).toContain('1 impaired by the bench');
  });
});

describe('a record that lacks things', () => {
  const bare: RunRecord = { ...read('healthy'), events: [], lines: [], datagrams: [], acks: [], health: [] };

  it('that holds nothing gives empty pictures, and says so', () => {
    const words = describePlots(modelOf(bare));
    expect(words.intervals).toBe('No interval was measured.');
    expect(words.roundTrips).toBe('The device logged no round trip that is certain.');
  });

  it('that holds no console line shows datagrams as somebody else’s', () => {
    const { datagrams } = read('healthy');
    expect(modelOf({ ...bare, datagrams }).data.log.kind).toMatch(/^f+$/);
  });
});

describe('rowAt', () => {
  it('finds the row that is nearest to a time', () => {
    const model = modelOf(read('healthy'));
    expect(rowAt(model, -1)).toBe(0);
    expect(rowAt(model, 1e9)).toBe(model.count - 1);
    const [at = 0, next = 0] = model.atS.slice(100);
    expect(model.atS[rowAt(model, at + (next - at) / 3)]).toBe(at);
    expect(model.atS[rowAt(model, next - (next - at) / 3)]).toBe(next);
  });
});
