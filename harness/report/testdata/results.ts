import type { ComparedFigure, Comparison } from '../../record/comparison.ts';
import type { ClaimResult, RunResult } from '../../record/verdict.ts';

/** A run that failed, and whose board printed what it could to pass for something else. */
export const hostile =
  '</script><script>alert(1)</script>]]>\u0000\u001b[2J\n::error::not ours\n##[error]nor this | `a` **b** @all &amp; ‮';

export const passedClaim: ClaimResult = {
  id: 'boot.once',
  title: 'boots once and stays up',
  spec: 'specs/boot.spec.ts',
  line: 5,
  verdict: 'passed',
  figure: 1,
  bound: 'exactly 1',
  unit: '',
  origin: 'one reset, one boot',
  evidence: [],
};

export const failedClaim: ClaimResult = {
  id: 'cadence.mean',
  title: 'sends every 100 ms on average, within 1 %',
  spec: 'specs/cadence.spec.ts',
  line: 13,
  verdict: 'failed',
  figure: 110.00213,
  bound: '99 to 101',
  unit: 'ms',
  origin: 'the protocol',
  reason: 'period is 110.0 ms: 11 ticks of 100 Hz (110.00213 ms is not 99 to 101 ms)',
  evidence: ['sent seq=17', hostile],
};

export const openClaim: ClaimResult = {
  id: 'cadence.period',
  title: 'keeps its period within 1000 ppm',
  spec: 'specs/cadence.spec.ts',
  verdict: 'inconclusive',
  bound: '-1000 to 1000',
  unit: 'ppm',
  origin: 'a crystal',
  reason: 'nothing was measured',
  evidence: [],
};

export const failedResult: RunResult = {
  schema: 1,
  id: '20261125-120000-virtual-1',
  startedAt: '2026-11-25T12:00:00.000Z',
  verdict: 'failed',
  summary: 'sends every 100 ms on average, within 1 %: not kept',
  tier: 'virtual',
  board: 'virtual board 1',
  realBoard: false,
  firmware: {
    dir: 'firmware',
    project: 'udp_client',
    version: 'v1.0',
    idfVersion: 'host-shim v1',
    target: 'esp32',
    elfSha256: 'b1e4f42f6e5d0d876f930a13b640723712a8e627cc1b7e0aa416822f813de590',
  },
  claims: [passedClaim, failedClaim, openClaim],
  errors: [],
  timingsMs: { build: 210, total: 4321 },
  record: 'runs/20261125-120000-virtual-1',
};

export const portTaken: RunResult = {
  ...failedResult,
  verdict: 'inconclusive',
  summary: 'PORT_IN_USE: UDP port 3333 is in use (127.0.0.1).',
  claims: [],
  errors: [
    {
      fault: 'bench',
      code: 'PORT_IN_USE',
      message: `PORT_IN_USE: UDP port 3333 is in use (127.0.0.1).\n  | ${hostile}\nNext: end that`,
    },
  ],
};

const compared: ComparedFigure = {
  id: 'round-trip',
  title: 'round trip, median',
  outcome: 'regression',
  unit: 'µs',
  baseline: 122,
  figure: 179,
  change: 20.04,
  low: 17.02,
  high: 23.06,
  changeUnit: '% of the whole',
  worse: 'more',
  tolerance: 6,
  smallestEffect: 20,
  origin: 'calm seconds',
  sampleCount: 100,
  reason: 'longer or larger by more than 6 %',
};

/** All kinds of outcome, against a baseline whose version passes for something else. */
export const comparison: Comparison = {
  outcome: 'regression',
  summary: 'round trip, median: +20 % of the whole',
  reference: 'specs/baselines',
  referenceFirmware: `udp_client ${hostile}`,
  referenceRunCount: 3,
  confidence: 0.999,
  figures: [
    {
      id: 'image',
      title: 'image size',
      outcome: 'no-regression',
      unit: 'B',
      baseline: 1000,
      figure: 1010,
      change: 1,
      low: 1,
      high: 1,
      changeUnit: '%',
      worse: 'more',
      tolerance: 2,
      smallestEffect: 2,
      origin: 'exact',
    },
    compared,
    { ...compared, id: 'spread', title: 'spread of intervals', outcome: 'inconclusive', reason: 'HOST_LATE: it was' },
    { ...compared, id: 'lateness', title: 'lateness of intervals', outcome: 'inconclusive', reason: 'HOST_LATE: it was' },
    {
      id: 'heap',
      title: 'heap at start-up',
      outcome: 'not-compared',
      unit: 'B',
      changeUnit: '%',
      worse: 'less',
      origin: 'exact',
      reason: 'neither run tells it',
    },
  ],
};

/** A run that kept its promises, and is worse than the one before. */
export const worseResult: RunResult = {
  ...failedResult,
  summary: 'REGRESSION against specs/baselines: round trip, median: +20 % of the whole',
  claims: [passedClaim],
  comparison,
};
