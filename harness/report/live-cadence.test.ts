import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRun } from '../record/read-run.ts';
import { linesAround } from './around.ts';
import { LiveCadence, sparkline } from './live-cadence.ts';

const { lines, datagrams } = readRun(join(import.meta.dirname, '../../specs/data/healthy'));

describe('sparkline', () => {
  it.each([
    ['a period that is kept stands in the middle', [100, 100, 100], '▅▅▅'],
    ['a scale of 1 % at least, so that noise is flat', [100.1, 99.9], '▅▄'],
    ['what is longer stands higher', [99, 100, 101], '▁▅█'],
    ['one that is far off makes the scale wider', [100, 140], '▅█'],
    ['a missing datagram is no bar', [100, 200, 100], '▅×▅'],
    ['no interval, no line', [], ''],
  ])('%s', (_, intervalsMs, line) => {
    expect(sparkline(intervalsMs, 100)).toBe(line);
  });
});

describe('the picture of the traffic', () => {
  it('has count, intervals, round trip and what is missing', () => {
    const cadence = new LiveCadence(100);
    cadence.update({ lines, datagrams: datagrams.slice(0, 20) });
    expect(cadence.render(80)).toMatch(
      /^20 datagrams {2}[▁-█]{19} {2}\d+\.\d\d ms {2}RTT \d\.\d\d ms {2}0 missing$/u,
    );
  });

  it('is the same when what is old was forgotten meanwhile', () => {
    const [whole, forgetful] = [new LiveCadence(100), new LiveCadence(100)];
    whole.update({ lines, datagrams });
    for (let end = 10; end <= datagrams.length + 10; end += 10) {
      const forgotten = { lines: Math.max(0, 3 * (end - 20)), datagrams: end - 10 };
      forgetful.update({
        lines: lines.slice(forgotten.lines, Math.max(0, 3 * (end - 10))),
        datagrams: datagrams.slice(forgotten.datagrams, end),
        forgotten,
      });
    }
    forgetful.update({ lines, datagrams });
    expect(forgetful.render(120)).toBe(whole.render(120));
  });

  it('counts on from where it was', () => {
    const [whole, bit] = [new LiveCadence(100), new LiveCadence(100)];
    whole.update({ lines, datagrams });
    for (let end = 0; end <= datagrams.length; end += 7) {
      bit.update({ lines: lines.slice(0, 2 * end), datagrams: datagrams.slice(0, end) });
    }
    bit.update({ lines, datagrams });
    expect(bit.render(120)).toBe(whole.render(120));
    // The server was away for half a second, and the board was reset.
    expect(whole.render(120)).toMatch(/ [1-9]\d* missing$/);
  });

  it.each([20, 40, 60, 80, 120])('fits into %i columns', (columns) => {
    const cadence = new LiveCadence(100);
    cadence.update({ lines, datagrams });
    expect(cadence.render(columns).length).toBeLessThanOrEqual(columns);
  });

  it('says so when nothing has come', () => {
    expect(new LiveCadence(100).render(80)).toBe('0 datagrams  0 missing');
  });
});

describe('what was around a moment', () => {
  const [before, at] = [datagrams[10], datagrams[11]];

  it('is the datagram itself and its neighbours on both sides, in the order of time', () => {
    const told = linesAround({ lines, datagrams }, at?.stamp.hostNs ?? 0);
    expect(told.filter((line) => line.startsWith('+0.000 s  datagram  #11 from 127.0.0.2:'))).toHaveLength(1);
    expect(told.some((line) => /^-\d\.\d{3} s {2}console/.test(line))).toBe(true);
    expect(told.some((line) => /^\+0\.0\d\d s {2}console {3}.*sent seq=/.test(line))).toBe(true);
    expect(told.length).toBeLessThanOrEqual(8);
  });

  it('is told of a moment between, too, and at the ends', () => {
    const betweenNs = ((before?.stamp.hostNs ?? 0) + (at?.stamp.hostNs ?? 0)) / 2;
    expect(linesAround({ lines, datagrams }, betweenNs)).toHaveLength(8);
    expect(linesAround({ lines, datagrams }, 0).every((line) => line.startsWith('+'))).toBe(true);
    expect(linesAround({ lines: [], datagrams: [] }, 0)).toEqual([]);
  });
});
