/** The workflow templates: sound by a linter of their own, and their steps run here, on a virtual board. */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildForHost } from '../harness/build/host-build.ts';
import type { RunResult } from '../harness/record/verdict.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'hil-workflow-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

interface Step {
  readonly name?: string;
  readonly run?: string;
}
interface Job {
  readonly if?: string;
  readonly concurrency?: unknown;
  readonly steps: readonly Step[];
}
interface GitlabJob {
  readonly script: readonly string[];
  readonly rules: readonly { readonly if?: string; readonly when: string }[];
}
const github = parse(readFileSync(join(root, 'ci/github/hil.yml'), 'utf8')) as {
  readonly jobs: Readonly<Record<'build' | 'judge' | 'verdict', Job>>;
};
const gitlab = parse(readFileSync(join(root, 'ci/gitlab/hil.gitlab-ci.yml'), 'utf8')) as {
  readonly judge: GitlabJob;
};

const actionlint = process.env['HIL_ACTIONLINT'] ?? 'actionlint';
const hasActionlint = spawnSync(actionlint, ['-version']).status === 0;
const linted = `actionlint${hasActionlint ? '' : ' (skipped: it is neither in PATH nor named by HIL_ACTIONLINT)'}`;

describe.skipIf(!hasActionlint)(linted, () => {
  it('has nothing to say about the workflow', () => {
    const config = join(root, 'ci/github/actionlint.yaml');
    const { stdout, status } = spawnSync(
      actionlint,
      ['-config-file', config, join(root, 'ci/github/hil.yml')],
      { encoding: 'utf8' },
    );
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

describe('a pull request from a fork', () => {
  it('never reaches the bench by GitHub', () => {
    expect(github.jobs.judge.if).toBe(
      "github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository",
    );
  });

  it('never reaches the bench by GitLab', () => {
    expect(gitlab.judge.rules[0]).toEqual({
      if: '$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID != $CI_PROJECT_ID',
      when: 'never',
    });
  });
});

describe('the step that judges', { concurrent: true }, () => {
  it('of GitHub passes a healthy build', async ({ expect }) => {
    const { exitCode, verdict } = await judge('github', scriptOf(github.jobs.judge, 'Judge'), 1);
    expect(verdict).toMatchObject({ verdict: 'passed', tier: 'virtual' });
    expect(exitCode).toBe(0);
  });

  it('of GitLab is red when there is no bench, and says that nobody has judged', async ({ expect }) => {
    const script = gitlab.judge.script.filter((line) => line !== 'npm ci').join('\n');
    const { exitCode, verdict } = await judge('gitlab', script, 2, 'no-such-board');
    expect(exitCode).not.toBe(0);
    expect(verdict?.verdict ?? 'none').not.toBe('passed');
  });
});

describe('the job that looks whether every board has judged', () => {
  const script = scriptOf(github.jobs.verdict, 'Every board has judged');
  it.each([
    ['success', 'false', 0],
    ['failure', 'false', 1],
    ['cancelled', 'false', 1],
    ['skipped', 'false', 1],
    ['skipped', 'true', 0],
  ])('%s (of a fork: %s): exit %d', (result, isFork, exitCode) => {
    const { status } = spawnSync('bash', ['-e', '-c', script], { env: { RESULT: result, IS_FORK: isFork } });
    expect(status).toBe(exitCode);
  });
});

it('the set-up of a runner says what it would do, and changes nothing', () => {
  const { stdout, status } = spawnSync('bash', [join(root, 'ci/runner/set-up.sh'), '--dry-run', 'bench'], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout).toContain('+ usermod --append --groups dialout bench');
  expect(existsSync('/etc/udev/rules.d/99-esp32.rules')).toBe(false);
});

function scriptOf({ steps }: Job, name: string): string {
  const script = steps.find((step) => step.name === name)?.run;
  if (script === undefined) throw new Error(`no step "${name}"`);
  return script;
}

interface Judged {
  readonly exitCode: number;
  readonly verdict: RunResult | undefined;
}

/** Runs the script as a runner does: in a checkout, with the build that another job has made. */
async function judge(name: string, script: string, number: number, board = 'virtual'): Promise<Judged> {
  const checkout = join(scratch, name);
  for (const part of ['specs', 'scripts', 'firmware', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, part), join(checkout, part), {
      recursive: true,
      filter: (path) => !path.includes('firmware/build'),
    });
  }
  for (const shared of ['harness', 'node_modules']) symlinkSync(join(root, shared), join(checkout, shared));
  const server = { address: `127.0.9.${number}`, port: 4500 + number };
  await buildForHost({
    firmwareDir: join(checkout, 'firmware'),
    buildDir: join(checkout, 'build'),
    config: { EXAMPLE_IPV4_ADDR: server.address, EXAMPLE_PORT: server.port },
  });
  // Other benches on this machine may have the usual port.
  const own = `npm run hil -- --server-host ${server.address} --server-port ${server.port} `;
  const run = promisify(execFile)('bash', ['-e', '-c', script.replace('npm run hil -- ', own)], {
    cwd: checkout,
    env: { ...process.env, CI: 'true', BOARD: board, TARGET: 'esp32' },
  });
  const exitCode = await run.then(
    () => 0,
    (error: unknown) => (error as { readonly code: number }).code,
  );
  const file = join(checkout, 'evidence/verdict.json');
  const verdict = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunResult) : undefined;
  return { exitCode, verdict };
}
