import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SerialLine } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import type { ClaimResult, RunResult } from '../record/verdict.ts';
import { TerminalView } from './terminal-view.ts';

const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((text: string) => printed.push(text));
  // As in CI: no spinner and no colours, even where somebody runs the tests on a terminal.
  vi.stubEnv('CI', 'true');
  const listeners = process.stdout.listeners('error');
  return () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    for (const listener of process.stdout.listeners('error')) {
      if (!listeners.includes(listener)) process.stdout.off('error', listener as () => void);
    }
  };
});

const mean: ClaimResult = {
  id: 'cadence.mean',
  title: 'sends every 100 ms',
  spec: 'specs/cadence.spec.ts',
  verdict: 'failed',
  figure: 110.00213,
  bound: '99 to 101',
  unit: 'ms',
  origin: 'the protocol',
  reason: '11 ticks of 100 Hz (110.00213 ms is not 99 to 101 ms)',
  evidence: ['sent seq=17'],
};
const result: RunResult = {
  schema: 1,
  id: 'a-run',
  verdict: 'failed',
  summary: 'sends every 100 ms: not kept',
  tier: 'virtual',
  board: 'virtual board 1',
  realBoard: false,
  claims: [mean],
  errors: [],
  timingsMs: { total: 4321 },
  record: 'runs/a-run',
};
const line = (hostNs: number, text: string): SerialLine => ({
  kind: 'serial-line',
  hostNs: hostNs as HostNs,
  text,
});
const crash = 'DUT_CRASHED: The board crashed.\n  | Guru Meditation Error\nNext: look';

async function show(watch: (view: TerminalView) => void): Promise<string> {
  watch(await TerminalView.open());
  return printed.join('\n');
}

describe('a run in plain lines', () => {
  it('says first which board and why, and that it is none', async () => {
    const introduction = {
      board: 'virtual board',
      why: 'no --port was given',
      firmwareDir: 'firmware',
      periodMs: 100,
    };
    const text = await show((view) => {
      view.introduce({ ...introduction, realBoard: false, record: 'runs/a-run' });
    });
    expect(text).toBe(
      'hil: firmware on virtual board (not a real board): no --port was given\n     record: runs/a-run',
    );
  });

  it('shows stages as they begin and end, but no bar', async () => {
    const text = await show((view) => {
      view.stageBegun('flash', 'udp_client 1');
      view.stageProgress('flash', { done: 1, total: 2, what: 'bootloader' });
      view.stageDone('flash', 'ESP32: wrote and verified udp_client', 304.4);
    });
    expect(text).toBe('  flash    udp_client 1 …\n✓ flash    ESP32: wrote and verified udp_client (0.30 s)');
  });

  it('ends a failed one with its claims and a verdict that nobody takes for a real board’s', async () => {
    const text = await show((view) => {
      view.claimBegun(mean.title);
      view.claimJudged(mean);
      view.finish(result);
    });
    expect(text).toBe(
      `
! failed: sends every 100 ms (cadence.mean)
    11 ticks of 100 Hz (110.00213 ms is not 99 to 101 ms)
    figure: 110 ms; bound: 99 to 101 ms (the protocol)
    | sent seq=17
    Next: see /report.html#claim-cadence.mean, or judge again: npm run hil -- --replay 

claim                figure   bound          verdict
─────────────────────────────────────────────────────────
sends every 100 ms   110 ms   99 to 101 ms   failed

failed: sends every 100 ms: not kept [virtual board 1, not a real board: no evidence for a release]
record: runs/a-run (4.32 s)
`.trim(),
    );
  });

  it('ends an inconclusive one with the error that kept it from a verdict', async () => {
    const message = 'PORT_LOST: The port is gone (/dev/ttyUSB0).\nNext: plug it in';
    const text = await show((view) => {
      view.finish({
        ...result,
        verdict: 'inconclusive',
        summary: 'PORT_LOST: The port is gone (/dev/ttyUSB0).',
        board: '/dev/ttyUSB0',
        realBoard: true,
        claims: [],
        errors: [{ fault: 'bench', code: 'PORT_LOST', message }],
      });
    });
    expect(text).toBe(
      `
${message}

inconclusive: PORT_LOST: The port is gone (/dev/ttyUSB0). [/dev/ttyUSB0]
record: runs/a-run (4.32 s)`,
    );
  });

  it('shows what was around a broken promise, and what to do next', async () => {
    const run = { board: 'a board', realBoard: true, why: 'it is', firmwareDir: 'firmware', periodMs: 100 };
    const text = await show((view) => {
      view.introduce({ ...run, record: 'runs/a-run' });
      view.watch({ lines: [line(1e9, 'before'), line(2e9, 'then'), line(3e9, 'after')], datagrams: [] });
      view.claimJudged({ ...mean, momentsNs: [2e9] });
      view.finish({ ...result, claims: [] });
    });
    expect(text).toContain(`
    | sent seq=17
    around the first of these:
      -1.000 s  console   before
      +0.000 s  console   then
      +1.000 s  console   after
    Next: see runs/a-run/report.html#claim-cadence.mean, or judge again: npm run hil -- --replay runs/a-run
`);
  });

  it('shows the console where that is wanted, each line once, and colours stay on the board', async () => {
    const heard = { lines: [line(1, 'I (1) boot: one')], datagrams: [] };
    const view = await TerminalView.open({ serial: true });
    view.watch(heard);
    await vi.waitFor(() => {
      expect(printed).toEqual(['serial | I (1) boot: one']);
    });
    heard.lines.push(line(2, '\u001b[0;31mE (2) two\u001b[0m'), line(3, '\u001b]0;x\u0007'));
    view.finish({ ...result, claims: [] });
    expect(printed[1]).toBe('serial | E (2) two\nserial | \\x1b]0;x\\x07');
    expect(printed.join('\n').match(/boot: one/g)).toHaveLength(1);
  });

  it('says nothing of a claim that passed before the table does', async () => {
    expect(
      await show((view) => {
        view.claimJudged({ ...mean, verdict: 'passed' });
      }),
    ).toBe('');
  });

  it('tells an error in full once, wherever it comes up first', async () => {
    const text = await show((view) => {
      view.stageFailed('boot', crash);
      view.claimJudged({ ...mean, reason: crash, evidence: [] });
      view.finish({ ...result, errors: [{ fault: 'dut', code: 'DUT_CRASHED', message: crash }] });
    });
    expect(text.match(/DUT_CRASHED: The board crashed\./g)).toHaveLength(2);
    expect(text.match(/Guru Meditation Error/g)).toHaveLength(1);
  });
});

describe('what the board or the network said', () => {
  const hostile = '\u001b]0;passed\u0007\u001b[2J\rall 20 claims hold\u202e\u009b1A';
  const escaped = '\\x1b]0;passed\\x07\\x1b[2J\\rall 20 claims hold\\u{202e}\\x9b1A';

  it.each<[string, (view: TerminalView) => void]>([
    [
      'as evidence',
      (view) => {
        view.claimJudged({ ...mean, evidence: [hostile] });
      },
    ],
    [
      'as a reason',
      (view) => {
        view.claimJudged({ ...mean, reason: hostile });
      },
    ],
    [
      'in the error of a stage',
      (view) => {
        view.stageFailed('boot', `DUT_CRASHED: ${hostile}`);
      },
    ],
    [
      'in the summary of a stage',
      (view) => {
        view.stageDone('build', `${hostile} 1.0`, 1);
      },
    ],
    [
      'in the name of a firmware',
      (view) => {
        view.stageBegun('flash', hostile);
      },
    ],
    [
      'in the summary',
      (view) => {
        view.finish({ ...result, summary: hostile });
      },
    ],
    [
      'in an error',
      (view) => {
        view.finish({ ...result, errors: [{ fault: 'dut', code: 'X', message: `X: ${hostile}` }] });
      },
    ],
  ])('steers no terminal %s', async (_, watch) => {
    const text = await show(watch);
    expect(text).toContain(escaped);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  });
});
