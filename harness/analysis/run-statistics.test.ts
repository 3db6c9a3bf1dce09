import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../record/evidence.ts';
import { evidenceOf } from '../record/evidence.ts';
import { findWindow, readRun } from '../record/read-run.ts';
import { Observation } from './observation.ts';
import { summarise } from './run-statistics.ts';

function observe(run: string, change: (evidence: Evidence) => Partial<Evidence> = () => ({})): Observation {
  const record = readRun(join(import.meta.dirname, '../../specs/data', run));
  const window = findWindow(record, 'steady');
  const { firmware } = record.header;
  if (window === undefined || firmware === undefined) throw new Error(`no steady window in ${run}`);
  const evidence = evidenceOf(window, record, {
    firmware,
    boardAddress: '127.0.0.2',
    nominalPeriodMs: 100,
    sharesHost: true,
    confidence: 0.999,
  });
  return new Observation({ ...evidence, ...change(evidence) });
}

describe('a healthy run', () => {
  const { cadence, delayVariation, roundTrips } = summarise(observe('healthy'));

  it('has the same period on both clocks', () => {
    expect(cadence.arrivals).toMatchObject({ clock: 'host', periodDecision: 'as-promised', missingCount: 0 });
    expect(cadence.deviceStamps).toMatchObject({ clock: 'device', periodDecision: 'as-promised' });
    expect(Math.abs(cadence.disagreementPpm ?? NaN)).toBeLessThan(20);
  });

  it('splits each round trip into the server’s part and the network’s', () => {
    const { device, server, network } = roundTrips;
    expect(network.sampleCount).toBe(device.rtt.sampleCount);
    // Ack by ack, so the means add up.
    expect((server.meanUs ?? NaN) + (network.meanUs ?? NaN)).toBeCloseTo(device.rtt.meanUs ?? NaN, 0);
    expect(network.minUs).toBeGreaterThan(0);
  });

  it('tells how the delay varies, though it does not know the delay', () => {
    // The window's ends may cut off one send or the other.
    expect(delayVariation.pairCount).toBeGreaterThan(cadence.arrivals.sampleCount - 4);
    expect(delayVariation.interarrivalJitterUs).toBeLessThan(500);
  });

  it('is plain data, without NaN', () => {
    const text = JSON.stringify(summarise(observe('healthy')));
    expect(text).not.toContain('null');
  });
});

it('a device whose stamps run 1 % fast is found by the two clocks alone', () => {
  const fast = observe('healthy', ({ lines }) => ({
    lines: lines.map((line) => ({
      ...line,
      text: line.text.replace(/at_us=(\d+)/, (_, us: string) => `at_us=${Math.round(Number(us) * 1.01)}`),
    })),
  }));
  const { cadence } = summarise(fast);
  expect(cadence.disagreementPpm).toBeCloseTo(10_000, -2);
  expect(cadence.arrivals.periodDecision).toBe('as-promised');
});

it('what was not measured is absent', () => {
  const mute = summarise(observe('healthy', () => ({ lines: [], datagrams: [], acks: [] })));
  expect(mute.cadence).not.toHaveProperty('disagreementPpm');
  expect(mute.delayVariation).toEqual({ pairCount: 0, ipdv: {} });
  expect(mute.roundTrips.network).toEqual({ sampleCount: 0 });
});
