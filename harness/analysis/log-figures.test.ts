import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evidenceOf, type Evidence } from '../record/evidence.ts';
import { findWindow, readRun } from '../record/read-run.ts';
import { clockReversals, logBytesPerSecond, numberingErrors } from './log-figures.ts';
import { Observation } from './observation.ts';

const record = readRun(join(import.meta.dirname, '../../specs/data/healthy'));

/** The undisturbed window of a healthy run, its console lines changed. */
function observe(change: (text: string, index: number) => string | undefined): Observation {
  const window = findWindow(record, 'steady');
  if (window === undefined || record.header.firmware === undefined) throw new Error('no steady window');
  const evidence: Evidence = evidenceOf(window, record, {
    firmware: record.header.firmware,
    boardAddress: '127.0.0.2',
    nominalPeriodMs: 100,
    confidence: 0.999,
    sharesHost: true,
  });
  const lines = evidence.lines.flatMap((line, index) => {
    const text = change(line.text, index);
    return text === undefined ? [] : [{ ...line, text }];
  });
  return new Observation({ ...evidence, lines });
}

const asItWas = observe((text) => text);
const mute = observe(() => undefined);

/** Changes one number on each line that has it. */
const withNumber = (name: string, change: (value: number) => number) => (text: string) =>
  text.replace(new RegExp(`(?<=\\b${name}=)\\d+`), (digits) => String(change(Number(digits))));

describe('log volume', () => {
  it('is what the client has to say: three lines a datagram', () => {
    const { figure, finding } = logBytesPerSecond(asItWas);
    expect(figure).toBeGreaterThan(1000);
    expect(figure).toBeLessThan(2500);
    expect(finding).toMatch(/^3\d lines a second/);
  });

  it('of a flood names the line that makes it', () => {
    const flood = observe((text) => `${text}${' x'.repeat(300)}`);
    expect(logBytesPerSecond(flood).figure).toBeGreaterThan(5760);
    expect(logBytesPerSecond(flood).finding).toContain('like "I (#) Client: ');
  });

  it('of a console that says nothing is none', () => {
    expect(logBytesPerSecond(mute).figure).toBeUndefined();
  });
});

describe('numbers of sends', () => {
  it('follow each other', () => {
    expect(numberingErrors(asItWas)).toMatchObject({ figure: 0 });
  });

  it('that come again are counted', () => {
    const wrapped = observe(withNumber('seq', (seq) => seq % 16));
    expect(numberingErrors(wrapped).figure).toBeGreaterThan(0);
    expect(numberingErrors(wrapped).finding).toMatch(/have a number that was there before/);
    expect(numberingErrors(wrapped).evidence?.[0]).toBe('seq=0 after seq=15');
  });

  it('that are left out are counted', () => {
    const doubled = observe(withNumber('seq', (seq) => 2 * seq));
    expect(numberingErrors(doubled).figure).toBeGreaterThan(10);
  });

  it('whose line was lost on the wire are no error of the device', () => {
    const cut = observe((text) => (text.includes('sent seq=12 ') ? undefined : text));
    expect(numberingErrors(cut)).toMatchObject({ figure: 0 });
  });

  it('are not judged without sends', () => {
    expect(numberingErrors(mute).figure).toBeUndefined();
  });
});

describe('the clock of the log', () => {
  it('goes forward', () => {
    expect(clockReversals(asItWas)).toMatchObject({ figure: 0 });
  });

  it('that wraps is told by its width', () => {
    const offset = 2 ** 32 - 1_500_000;
    const wrapped = observe(withNumber('at_us', (atUs) => (atUs + offset) % 2 ** 32));
    expect(clockReversals(wrapped)).toMatchObject({ figure: 1 });
    expect(clockReversals(wrapped).finding).toMatch(
      /goes back by 429\d\.\d s, .*, as a clock of 32 bits does$/,
    );
  });

  it('that jumps back is counted', () => {
    const jumped = observe((text, index) =>
      index % 2 === 0 ? text : withNumber('at_us', (atUs) => atUs - 1e6)(text),
    );
    expect(clockReversals(jumped).figure).toBeGreaterThan(1);
    expect(clockReversals(jumped).finding).not.toContain('bits');
  });

  it('is not judged without instants', () => {
    expect(clockReversals(mute).figure).toBeUndefined();
  });
});
