import { describe, expect, it } from 'vitest';
import {
  muteCommands,
  renderAnnotations,
  renderBoardsAnnotations,
  renderBoardsStepSummary,
  renderStepSummary,
} from './github.ts';
import { twoBoards } from './testdata/boards.ts';
import { failedResult, passedClaim, portTaken, worseResult } from './testdata/results.ts';

describe('annotations', () => {
  it('stand at the file and line of the claim: an error for a broken promise, a warning for an open one', () => {
    const [failed, open, ...others] = renderAnnotations(failedResult);
    expect(failed).toMatch(
      /^::error file=specs\/cadence\.spec\.ts,line=13,title=failed%3A cadence\.mean::sends every 100 ms on average, within 1 %25: period is 110/,
    );
    expect(open).toMatch(/^::warning file=specs\/cadence\.spec\.ts,title=inconclusive%3A cadence\.period::/);
    expect(others).toEqual([]);
  });

  it('tell what is worse than it was as an error, and what can not be told as a warning', () => {
    const lines = renderAnnotations(worseResult);
    expect(lines.map((line) => line.split('::')[1])).toEqual([
      'error title=regression%3A round-trip',
      'warning title=inconclusive%3A spread',
      'warning title=inconclusive%3A lateness',
    ]);
    expect(lines[0]).toContain('round trip, median, against specs/baselines: longer or larger');
  });

  it('let no text begin a command of its own: one line each', () => {
    for (const line of [failedResult, portTaken, worseResult].flatMap(renderAnnotations)) {
      expect(line).not.toMatch(/[\n\r]/);
    }
  });

  it('tell errors of the bench, once', () => {
    const [only, ...others] = renderAnnotations(portTaken);
    expect(only).toMatch(/^::warning title=PORT_IN_USE::PORT_IN_USE: UDP port 3333/);
    expect(others).toEqual([]);
    const message = failedResult.claims[1]?.reason ?? '';
    const twice = { ...failedResult, errors: [{ fault: 'dut' as const, code: 'X', message }] };
    expect(renderAnnotations(twice)).toHaveLength(2);
  });

  it('point at what does not compile', () => {
    const message = 'COMPILE_FAILED: x.\n  | firmware/main/udp_client.c:12:5: error: expected ;';
    const broken = { ...portTaken, errors: [{ fault: 'dut' as const, code: 'COMPILE_FAILED', message }] };
    expect(renderAnnotations(broken)[0]).toMatch(
      /^::error file=firmware\/main\/udp_client\.c,line=12,title=COMPILE_FAILED::/,
    );
  });

  it('are none for a run that passed, and one for a run that judged nothing', () => {
    expect(renderAnnotations({ ...failedResult, verdict: 'passed', claims: [passedClaim] })).toEqual([]);
    const interrupted = { ...failedResult, verdict: 'interrupted' as const, summary: 'stopped', claims: [] };
    expect(renderAnnotations(interrupted)).toEqual(['::warning title=interrupted::stopped']);
  });

  it('are kept from the board while it speaks: by a word that it can not know', () => {
    const { begin, end } = muteCommands();
    expect(begin).toBe(`::stop-commands::${end.slice(2, -2)}`);
    expect(muteCommands().end).not.toBe(end);
  });
});

describe('the step summary', () => {
  const text = renderStepSummary(failedResult);

  it('begins with the verdict, the board and the firmware', () => {
    expect(text.split('\n')[0]).toBe(
      '## ❌ HIL failed: sends every 100 ms on average, within 1 %&#58; not kept',
    );
    expect(text).toContain('Board: virtual board 1 (**not a real board: no evidence for a release**)');
    expect(text).toContain('ELF SHA-256 <code>b1e4f42f6e5d0d87</code>');
  });

  it('has a row a claim', () => {
    expect(text).toContain('| boots once and stays up | 1 | exactly 1 | ✅ passed |');
    expect(text).toContain('| 110 ms | 99 to 101 ms | ❌ failed |');
    expect(text).toContain('| – | -1000 to 1000 ppm | ⚠️ inconclusive |');
  });

  it('takes nothing that a board printed for markup', () => {
    for (const summary of [text, renderStepSummary(portTaken)]) {
      expect(summary).not.toMatch(/<script|<\/script|\*\*b\*\*|@all|^::|##\[|`a`/m);
      // eslint-disable-next-line no-control-regex
      expect(summary).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/);
      // An empty line would end the block that the text stands in.
      for (const [, block = ''] of summary.matchAll(/<pre>(.*?)<\/pre>/gs))
        expect(block).not.toMatch(/^\s*$/m);
    }
  });
});

describe('several boards', () => {
  it('have a row each in the summary, and their own summaries below', () => {
    const summary = renderBoardsStepSummary(twoBoards);
    expect(summary).toMatch(/^## ❌ HIL failed: 1 of 2 boards broke a promise&#58; desk/);
    expect(summary).toMatch(/^\| desk \| .* \| 1 of 3 \| 4\.3 s \| ❌ failed \|$/m);
    expect(summary).toMatch(/^\| rack \| – \| .* \| ⚠️ inconclusive \|$/m);
    expect(summary).toContain(renderStepSummary(failedResult));
    expect(summary).not.toContain('<script>');
  });

  it('have their annotations, and one for a board without a run', () => {
    const lines = renderBoardsAnnotations(twoBoards);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^::warning title=rack%3A NO_VERDICT::NO_VERDICT: The run of rack/);
    for (const line of lines) expect(line).not.toMatch(/[\n\r]/);
  });
});
