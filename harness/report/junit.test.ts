import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../record/verdict.ts';
import { renderBoardsJunit, renderJunit } from './junit.ts';
import { twoBoards } from './testdata/boards.ts';
import {
  comparison,
  failedResult,
  hostile,
  passedClaim,
  portTaken,
  worseResult,
} from './testdata/results.ts';

const passed: RunResult = {
  ...failedResult,
  verdict: 'passed',
  summary: 'all 1 claims hold',
  claims: [passedClaim],
};
const interrupted: RunResult = {
  ...failedResult,
  verdict: 'interrupted',
  summary: 'stopped before there was a verdict',
  claims: [passedClaim],
};
const crashed: RunResult = {
  ...failedResult,
  claims: [],
  errors: [{ fault: 'dut', code: 'DUT_CRASHED', message: 'DUT_CRASHED: The board crashed.' }],
};

describe('a comparison as JUnit XML', () => {
  it('has a case for each figure: a failure, an error, a skipped one', () => {
    const xml = renderJunit(worseResult);
    expect(xml).toContain('<testsuites name="hil" tests="6" failures="1" errors="2" ');
    expect(xml).toContain('<testcase name="image size" classname="comparison.image"/>');
    expect(xml).toMatch(
      /classname="comparison.round-trip"><failure type="regression" message="longer or larger/,
    );
    expect(xml).toContain('there: 122 µs (specs/baselines)\nhere: 179 µs\nchange: +20 % of the whole');
    expect(xml).toMatch(/classname="comparison.spread"><error type="inconclusive" message="HOST_LATE/);
    expect(xml).toMatch(/classname="comparison.heap"><skipped message="neither run tells it"/);
  });

  it('that could not be made is an error, and told once', () => {
    const none = { ...comparison, outcome: 'inconclusive', figures: [], summary: 'another tier' } as const;
    const xml = renderJunit({ ...worseResult, verdict: 'inconclusive', comparison: none });
    expect(xml).toContain('<testsuites name="hil" tests="2" failures="0" errors="1" ');
    expect(xml).toMatch(/name="is comparable with specs\/baselines" classname="comparison"><error /);
  });
});

describe('a run as JUnit XML', () => {
  it('tells a broken promise from what could not be judged', () => {
    const xml = renderJunit(failedResult);
    expect(xml).toContain('<testsuites name="hil" tests="3" failures="1" errors="1" time="4.321">');
    expect(xml).toContain('<testcase name="boots once and stays up" classname="boot.once"/>');
    expect(xml).toMatch(/classname="cadence.mean"><failure type="failed" message="period is 110\.0 ms/);
    expect(xml).toMatch(/classname="cadence.period"><error type="inconclusive" message="nothing was/);
  });

  it('says where a broken promise stands, with figure, bound and origin', () => {
    expect(renderJunit(failedResult)).toContain(
      'figure: 110 ms\nbound: 99 to 101 ms (the protocol)\nclaim: specs/cadence.spec.ts:13</failure>',
    );
  });

  it('says which board and firmware, and that it was no real board', () => {
    const xml = renderJunit(failedResult);
    expect(xml).toContain('<property name="realBoard" value="false"/>');
    expect(xml).toContain(`<property name="elfSha256" value="${failedResult.firmware?.elfSha256 ?? ''}"/>`);
  });

  it.each([
    ['nobody judged', portTaken, '<error type="PORT_IN_USE"'],
    ['was interrupted', interrupted, '<error type="interrupted"'],
    ['ended with the board', crashed, '<failure type="DUT_CRASHED"'],
  ])('is never green when the run %s', (_, result, blame) => {
    const xml = renderJunit(result);
    expect(xml).toContain(blame);
    expect(xml).not.toMatch(/<testsuites[^>]* failures="0" errors="0"/);
  });

  it('tells of a claim that could not be asked, and is green all the same', () => {
    const skipped = [
      { id: 'power.brownout', title: 'survives', spec: 'specs/power.spec.ts', reason: 'needs power' },
    ];
    const xml = renderJunit({ ...passed, skipped });
    expect(xml).toContain('classname="power.brownout"><skipped message="needs power"/></testcase>');
    expect(xml).toMatch(/<testsuites[^>]* tests="2" failures="0" errors="0"/);
  });

  it('is green when every claim holds', () => {
    expect(renderJunit(passed)).toMatch(/<testsuites[^>]* tests="1" failures="0" errors="0"/);
  });
});

describe('several boards as JUnit XML', () => {
  const xml = renderBoardsJunit(twoBoards);

  it('are a suite each, whose claims bear the board’s name', () => {
    expect(xml.match(/<testsuite [^>]*/g)).toEqual([
      expect.stringContaining('name="desk" tests="3" failures="1" errors="1" timestamp='),
      '<testsuite name="rack" tests="1" failures="0" errors="1"',
    ]);
    expect(xml).toContain('classname="desk.boot.once"');
    expect(xml).toContain('<property name="labels" value="wifi esp32"/>');
  });

  it('are never green while one of them has no verdict', () => {
    expect(xml).toContain('classname="rack.bench"><error type="NO_VERDICT"');
  });
});

const xmllint = spawnSync('xmllint', ['--version']).status === 0;
const schema = join(import.meta.dirname, 'testdata/junit-10.xsd');
describe.skipIf(!xmllint)('by the schema of Jenkins (needs xmllint of libxml2-utils)', () => {
  it.each([
    ['failed', failedResult],
    ['passed', passed],
    ['inconclusive', portTaken],
    ['interrupted', interrupted],
    ['crashed', crashed],
  ])('a run that %s is valid', (_, result) => {
    expect(validate(renderJunit(result))).toMatchObject({ status: 0 });
  });

  it('several boards are valid', () => {
    expect(validate(renderBoardsJunit(twoBoards))).toMatchObject({ status: 0 });
  });

  it.each(['healthy', 'doubled-datagrams', 'terminator-sent', 'send-left-out'])(
    'the recorded run "%s" is valid',
    (name) => {
      const file = join(import.meta.dirname, '../../specs/data', name, 'verdict.json');
      const result = JSON.parse(readFileSync(file, 'utf8')) as RunResult;
      expect(validate(renderJunit(result))).toMatchObject({ status: 0 });
    },
  );

  it('what a board printed is text in it and nothing else', () => {
    const text = spawnSync('xmllint', ['--xpath', 'string(//failure)', '-'], {
      input: renderJunit(failedResult),
    }).stdout.toString();
    expect(text).toContain(hostile.replace('\0', '\\x00').replace('\u001b', '\\x1b'));
  });

  it('the schema does find a mistake', () => {
    const wrong = renderJunit(failedResult)
      .replace('<failure ', '<failed ')
      .replace('</failure>', '</failed>');
    expect(validate(wrong)).toMatchObject({ status: 3 });
  });

  function validate(xml: string): { status: number | null; stderr: string } {
    const { status, stderr } = spawnSync('xmllint', ['--noout', '--schema', schema, '-'], { input: xml });
    return { status, stderr: stderr.toString() };
  }
});
