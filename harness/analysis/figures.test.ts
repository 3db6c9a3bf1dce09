/** What the recorded runs of run-specs.test.ts don't reach: nothing measured, this host's own losses, another image. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BenchHealth, Disturbance } from '../record/events.ts';
import { evidenceOf, type Evidence } from '../record/evidence.ts';
import { findWindow, readRun } from '../record/read-run.ts';
import type { HostNs } from '../time/clock.ts';
import * as figures from './figures.ts';
import { Observation } from './observation.ts';

type Figure = (observation: Observation) => ReturnType<typeof figures.bootCount>;

const disturbance: Disturbance = {
  kind: 'disturbance',
  name: 'server-restart',
  fromNs: 0 as HostNs,
  toNs: 0 as HostNs,
};

/** A window of a recorded run, as it was judged, but for `changes`. */
function observe(run: string, name: string, changes: Partial<Evidence> = {}): Observation {
  const record = readRun(join(import.meta.dirname, '../../specs/data', run));
  const window = findWindow(record, name);
  if (window === undefined || record.header.firmware === undefined) throw new Error(`no ${name} in ${run}`);
  const subject = {
    firmware: record.header.firmware,
    boardAddress: '127.0.0.2',
    nominalPeriodMs: 100,
    sharesHost: true,
    confidence: 0.999,
  };
  return new Observation({ ...evidenceOf(window, record, subject), ...changes });
}

const payload: Figure = (observation) => figures.payloadsOtherThan('Hello from ESP32', observation);

describe('nothing measured is no figure', () => {
  const mute = { lines: [], datagrams: [], acks: [] };

  it.each<[string, Figure]>([
    ['payloads', payload],
    ['dumps', figures.dumpsUnlikeArrivals],
    ['mean period', figures.meanPeriodMs],
    ['period error', figures.periodErrorPpm],
    ['spread', figures.intervalSpreadMs],
    ['lateness', figures.latenessMs],
    ['phase', figures.phaseStepMs],
    ['missing sends', figures.missingSends],
    ['extra sends', figures.extraSends],
    ['unlogged acks', figures.unloggedAcks],
    ['contradictions', figures.contradictions],
    ['clocks', figures.clockDisagreementPpm],
    ['acks from nowhere', figures.acksFromNowhere],
    ['median round trip', figures.medianRttUs],
    ['impossible round trips', figures.impossibleRoundTrips],
    ['late acks', figures.lateAckShare],
    ['recovery', (observation) => figures.backAfterMs(observation, disturbance)],
  ])('%s', (_, figure) => {
    const { figure: none, finding } = figure(observe('healthy', 'steady', mute));
    expect(none).toBeUndefined();
    expect(finding).toMatch(
      /^(0 datagrams from the board|the device logged no round trip|0 sends were both logged)/,
    );
  });

  it('says how many datagrams came, and that there were others', () => {
    expect(payload(observe('healthy', 'steady', mute)).finding).toBe(
      '0 datagrams from the board (127.0.0.2) in the window',
    );
    const { evidence } = observe('healthy', 'steady');
    const foreign = evidence.datagrams.map((datagram) => ({
      ...datagram,
      from: { ...datagram.from, address: '127.0.0.9' },
    }));
    const fooled = payload(observe('healthy', 'steady', { datagrams: foreign }));
    expect(fooled.figure).toBeUndefined();
    expect(fooled.finding).toMatch(/^0 datagrams from the board \(127\.0\.0\.2\), \d+ from others/);
  });

  it('counts boots of a silent console as none, which is not one', () => {
    expect(figures.bootCount(observe('healthy', 'boot', mute))).toMatchObject({
      figure: 0,
      finding: 'the console told of no boot',
    });
  });
});

describe('datagrams that this host dropped', () => {
  const { window } = observe('healthy', 'steady');
  const health = (hostNs: number, droppedByHost?: number): BenchHealth => ({
    kind: 'bench-health',
    hostNs: hostNs as HostNs,
    thread: 'server',
    loopDelayMaxMs: 1,
    loopDelayP99Ms: 1,
    load1: 0.5,
    cores: 2,
    ...(droppedByHost !== undefined && { droppedByHost }),
  });

  it.each<[string, readonly BenchHealth[], number | undefined]>([
    ['the system doesn’t tell', [health(window.toNs)], undefined],
    ['none', [health(window.fromNs, 7), health(window.toNs, 7)], 0],
    ['those before the window don’t count', [health(window.fromNs - 1e9, 1), health(window.toNs, 4)], 3],
    ['asked at the end only', [health(window.toNs, 4)], 4],
    ['other threads have none', [health(window.fromNs, 1), health(window.toNs, 4), health(window.toNs)], 3],
  ])('%s', (_, asked, dropped) => {
    expect(observe('healthy', 'steady', { health: asked }).droppedByHost).toBe(dropped);
  });

  it.each<[string, string, Figure]>([
    ['send-left-out', 'sends that are missing', figures.missingSends],
    ['send-logged-without-sending', 'contradictions', figures.contradictions],
    ['terminator-sent', 'wrong payloads', payload],
  ])('make a firmware’s fault doubtful: %s, %s', (run, _, figure) => {
    const { window: own } = observe(run, 'steady');
    const judge = (dropped: number) =>
      figure(observe(run, 'steady', { health: [health(own.fromNs, 0), health(own.toNs, dropped)] }));
    expect(judge(0).figure).toBeGreaterThan(0);
    expect(judge(1).figure).toBeUndefined();
    expect(judge(1).finding).toContain('but this host dropped 1 datagram');
  });

  it('leave a count of none as it is', () => {
    const dropped = [health(window.fromNs, 0), health(window.toNs, 3)];
    expect(payload(observe('healthy', 'steady', { health: dropped })).figure).toBe(0);
  });
});

describe('the image that runs', () => {
  const { evidence } = observe('healthy', 'boot');
  const image = (changes: Partial<Evidence>) => figures.runningImage(observe('healthy', 'boot', changes));

  it('is the flashed one', () => {
    expect(image({})).toEqual({ figure: 'the flashed one' });
  });

  it('is another one', () => {
    const { figure, finding } = image({ firmware: { ...evidence.firmware, elfSha256: '0'.repeat(64) } });
    expect(figure).toBe('another image');
    expect(finding).toMatch(
      /^the boot log says ELF SHA-256 [0-9a-f]{9}…, flashed was 000000000…; the bootloader says "Loaded app from partition at offset 0x10000"$/,
    );
  });

  it('is unknown where the boot log or the build tells none', () => {
    const lines = evidence.lines.filter(({ text }) => !text.includes('ELF file SHA256'));
    expect(image({ lines }).figure).toBeUndefined();
    const { elfSha256, ...unknown } = evidence.firmware;
    expect(image({ firmware: unknown }).figure).toBeUndefined();
  });
});

it('an answer that this host could not send is no ack that the device failed to log', () => {
  const { acks, lines } = observe('healthy', 'steady').evidence;
  const failing = acks.map((ack, at) =>
    at === 20 ? ({ ...ack, outcome: 'failed', error: 'ENOBUFS' } as const) : ack,
  );
  const { figure, finding } = figures.unloggedAcks(observe('healthy', 'steady', { acks: failing, lines }));
  expect(figure).toBeUndefined();
  expect(finding).toBe('the server could not answer 1 datagram: ENOBUFS');
});

describe('a host that was late itself', () => {
  const late = (observation: Observation): BenchHealth[] => [
    {
      kind: 'bench-health',
      hostNs: observation.window.fromNs,
      thread: 'server',
      loopDelayP50Ms: 3,
      loopDelayP99Ms: 40,
      loopDelayMaxMs: 250,
      load1: 9,
      cores: 2,
    },
  ];
  const observed = observe('healthy', 'steady');
  const busy = observe('healthy', 'steady', { health: late(observed) });

  it.each<[string, Figure, number]>([
    ['spread', figures.intervalSpreadMs, 6],
    ['phase', figures.phaseStepMs, 6],
    ['lateness', figures.latenessMs, 80],
    // A second in which a wake-up in a hundred is 40 ms late has ten periods.
    ['missing sends', figures.missingSends, 10],
  ])('says how far it may have moved a figure: %s', (_, figure, hostError) => {
    expect(figure(busy).hostError).toBe(hostError);
  });

  it('has no part in what a board with a processor of its own does', () => {
    const apart = observe('healthy', 'steady', { health: late(observed), sharesHost: false });
    expect(figures.latenessMs(apart).hostError).toBeUndefined();
    expect(figures.missingSends(apart).hostError).toBeUndefined();
  });
});

describe('a board that loses its ticks when this host holds it up', () => {
  const { window } = observe('healthy', 'steady');
  const punctual: BenchHealth = {
    kind: 'bench-health',
    hostNs: window.fromNs,
    thread: 'server',
    loopDelayP50Ms: 0.1,
    loopDelayP99Ms: 0.2,
    loopDelayMaxMs: 0.3,
    load1: 1,
    cores: 2,
  };
  const stalledFor = (ms: number): Partial<Evidence> => ({
    losesTicks: true,
    health: [punctual],
    boardStalls: [
      {
        kind: 'board-stall',
        fromNs: (window.fromNs + 2e9) as HostNs,
        toNs: (window.fromNs + 2e9 + ms * 1e6) as HostNs,
      },
    ],
  });

  it.each<[string, Figure]>([
    ['phase', figures.phaseStepMs],
    ['missing sends', figures.missingSends],
    ['mean period', figures.meanPeriodMs],
  ])('has no schedule to be judged by: %s', (_, figure) => {
    expect(figure(observe('healthy', 'steady', stalledFor(12))).hostError).toBe(Infinity);
    expect(figure(observe('healthy', 'steady', stalledFor(2))).hostError ?? 0).toBeLessThan(5);
  });
});

describe('lines that came damaged', () => {
  /** The healthy run, with noise in some of its lines. */
  function noisy(...noise: readonly [string, string][]): Observation {
    const lines = observe('healthy', 'steady').evidence.lines.map((line) =>
      noise.reduce(
        (damaged, [words, with_]) => ({ ...damaged, text: damaged.text.replace(words, with_) }),
        line,
      ),
    );
    return observe('healthy', 'steady', { lines });
  }

  it('may be what is missing in the log', () => {
    const observation = noisy(['ack seq=12', 'ack \ufffdeq=12'], ['sent seq=14', 'sen\0t seq=14']);
    expect(figures.unloggedAcks(observation)).toMatchObject({ figure: 1, consoleError: 2 });
    expect(figures.contradictions(observation)).toMatchObject({ consoleError: 2 });
    expect(figures.dumpsUnlikeArrivals(observation)).toMatchObject({ consoleError: 2 });
  });

  it('and what came when the console had said its last word', () => {
    const { lines } = observe('healthy', 'steady').evidence;
    const cut = lines.findIndex(({ text }) => text.includes('sent seq=12'));
    const observation = observe('healthy', 'steady', { lines: lines.slice(0, cut) });
    const { figure, consoleError = 0 } = figures.contradictions(observation);
    expect(figure).toBeGreaterThan(5);
    // But for those that arrived while their lines could still be on their way.
    expect(consoleError).toBeGreaterThan(Number(figure) - 6);
  });

  it('have no part in what the network saw', () => {
    const observation = noisy(['ack seq=12', 'ack \ufffdeq=12']);
    expect(figures.missingSends(observation)).not.toHaveProperty('consoleError');
  });

  it('are none in a healthy log, colours or not', () => {
    expect(observe('healthy', 'steady').consoleLosses).toBe(0);
    expect(noisy(['I (', '\u001b[0;32mI (']).consoleLosses).toBe(0);
  });
});
