/**
 * The release gate as its users see it: `npm run hil -- --release` and `--verify` as processes, in a repository of their own that
 * holds this working tree as one commit. What is a real board to the bench is a virtual one behind a port.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildForHost } from '../harness/build/host-build.ts';
import { digestFolder, renderSums, type Digests } from '../harness/release/file-digests.ts';
import type { Statement } from '../harness/release/statement.ts';
import { verifyEvidence } from '../harness/release/verify-evidence.ts';

const scratch = mkdtempSync(join(tmpdir(), 'hil-release-'));
const root = join(scratch, 'repository');
const soak = ['--soak', '60s'];
const server = ['--server-host', '127.0.11.1', '--server-port', '4500'];
const serverOfBoard = { address: '127.0.11.2', port: 4501 };

beforeAll(() => {
  // Beside the repository, not in it: Node.js looks there, too, and it is no file of the tree.
  symlinkSync(join(import.meta.dirname, '../node_modules'), join(scratch, 'node_modules'));
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const files = execFileSync('git', list, { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' });
  for (const file of files.split('\0').filter((name) => name !== '')) {
    cpSync(join(import.meta.dirname, '..', file), join(root, file));
  }
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'all');
});
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe('before anything is built', () => {
  it('a virtual board is refused, and what to do instead is said', async () => {
    expect(await hil('--release', 'v1.0.0')).toMatchObject({
      exitCode: 64,
      output: expect.stringMatching(/^RELEASE_BOARD: .*\nNext: .*--rehearse\n$/) as string,
    });
  });

  it('a tree with changes is refused, and so is a name that is another commit’s; no run is made', async () => {
    appendFileSync(join(root, 'README.md'), 'more\n');
    const dirty = await hil('--release', 'v1.0.0', '--rehearse');
    git('checkout', 'README.md');
    expect(dirty.exitCode).toBe(64);
    expect(dirty.output).toMatch(/^RELEASE_TREE_DIRTY: .*\n {2}\| {2}M README\.md\n/);
    git('commit', '--quiet', '--allow-empty', '--message', 'later');
    git('tag', 'v0.9.0', 'HEAD^');
    const elsewhere = await hil('--release', 'v0.9.0', '--rehearse');
    expect(elsewhere.exitCode).toBe(64);
    expect(elsewhere.output).toMatch(/^RELEASE_TAG_ELSEWHERE: The tag v0\.9\.0 is at /);
    expect(existsSync(join(root, 'runs'))).toBe(false);
  });
});

describe('a rehearsal on a virtual board', () => {
  let evidence: string;
  let verdict: string;
  beforeAll(async () => {
    const { exitCode, output } = await (await bothRuns()).rehearsal;
    // On a host that is far too busy some claims can't be judged; failed it is not.
    [, verdict = output] = /^(passed|inconclusive): /m.exec(output) ?? [];
    expect(exitCode).toBe({ passed: 0, inconclusive: 2 }[verdict]);
    const [, dir = ''] = /^evidence: (.*); check it by: npm run hil -- --verify \1$/m.exec(output) ?? [];
    expect(dir).toMatch(/^releases\/v1\.0\.0\//);
    evidence = join(root, dir);
  }, 300_000);

  it('leaves the tree as it was', () => {
    expect(git('status', '--porcelain')).toBe('');
  });

  it('leaves all that was judged and found, with a statement that says what it is', () => {
    const names = filesOf(evidence);
    for (const name of [
      'SHA256SUMS',
      'statement.json',
      'report.html',
      'junit.xml',
      'verdict.json',
      'firmware/udp_client.bin',
      'firmware/udp_client.elf',
      'firmware/partition_table/partition-table.bin',
      'firmware/bootloader/bootloader.bin',
      'record/serial.log',
      'record/datagrams.jsonl',
    ]) {
      expect(names).toContain(name);
    }
    const { _type, subject, predicate } = statementOf(evidence);
    expect(_type).toBe('https://in-toto.io/Statement/v1');
    expect(subject.map(({ name }) => name).sort()).toEqual(
      names.filter((name) => name !== 'statement.json' && name !== 'SHA256SUMS').sort(),
    );
    expect(predicate).toMatchObject({
      release: 'v1.0.0',
      rehearsal: true,
      verdict,
      board: { tier: 'virtual', real: false },
      source: { commit: git('rev-parse', 'HEAD').trim(), tagged: false, image: 'built-here' },
      soakMs: 60_000,
      comparison: { absent: 'there was no earlier release on such a board' },
      sbom: { absent: expect.stringContaining('not made by ESP-IDF') as string },
      claims: { failed: [] },
    });
  });

  it('is checked by any tool that knows SHA-256', () => {
    expect(
      execFileSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: evidence, encoding: 'utf8' }),
    ).toBe('');
  });

  it('keeps a build directory that can be flashed again', async () => {
    const again = ['--build-dir', join(evidence, 'firmware'), '--spec', 'boot', '--duration', '1'];
    expect((await hil(...again, ...server)).output).toContain('already in flash');
  });

  it('is refused as evidence, by its own name and exit code', async () => {
    const { exitCode, output } = await hil('--verify', evidence);
    expect(exitCode).toBe(64);
    expect(output).toMatch(
      /^REHEARSAL: This is the rehearsal of v1\.0\.0, on virtual board \d+: it is intact/m,
    );
  });

  it('is refused as well when its statement alone is made to say otherwise', async () => {
    const forged = copyOf(evidence);
    edit(forged, 'statement.json', (text) => text.replace('"rehearsal": true', '"rehearsal": false'));
    await sumAgain(forged);
    await expect(verify(forged)).rejects.toMatchObject({
      code: 'EVIDENCE_BROKEN',
      story: { evidence: ['whether the recorded board is real: false, true'] },
    });
  });

  it('that found another image than that of the commit ends before it is flashed', async () => {
    const other = copyOf(join(evidence, 'firmware'));
    edit(other, 'udp_client.bin', (text) =>
      text.replace(git('rev-parse', '--short=7', 'HEAD').trim(), '0123456'),
    );
    const run = await hil('--release', 'v1.0.0', '--rehearse', '--build-dir', other, ...server);
    expect(run.exitCode).toBe(64);
    expect(run.output).toMatch(/RELEASE_IMAGE_OTHER: .*which is commit 0123456/);
    expect(run.output).not.toMatch(/✓ flash|evidence:/);
  });
});

describe('a release on a board behind a port', () => {
  let board: string;
  let evidence: string;
  let exitCode: number | null;
  let verdict: string;

  beforeAll(async () => {
    const { url, release } = await bothRuns();
    board = url;
    const run = await release;
    const [, dir = ''] = /^evidence: (.*);/m.exec(run.output) ?? [];
    expect(dir, run.output).not.toBe('');
    evidence = join(root, dir);
    ({ exitCode } = run);
    ({ verdict } = statementOf(evidence).predicate);
  }, 300_000);

  // A board that the bench takes for a real one is not excused by a busy host, so its verdict may be red here, rightly.
  it('is confirmed, with its verdict and the verdict’s exit code, and with the digest to note', async () => {
    const checked = await hil('--verify', evidence);
    expect(checked.output).toMatch(
      /^✓ files .*\n✓ statement .*\n✓ image .*\n✓ record .*judged again: \w+; every claim is as it was\n/,
    );
    expect(checked.output).toContain(`${verdict}: v1.0.1, intact`);
    expect(checked.output).toMatch(/^SHA-256 of statement\.json: [0-9a-f]{64}$/m);
    expect(checked.exitCode).toBe(exitCode);
    expect(checked.exitCode).toBe({ passed: 0, failed: 1 }[verdict]);
    expect(statementOf(evidence).predicate).toMatchObject({
      rehearsal: false,
      board: { name: board, tier: 'board', real: true },
      source: { image: 'prebuilt' },
    });
  });

  it('is found when one byte of any file was changed; the file is named', async () => {
    for (const name of filesOf(evidence)) {
      const path = join(evidence, name);
      const original = readFileSync(path);
      for (const at of [0, original.length >> 1, original.length - 1]) {
        const bytes = Buffer.from(original);
        bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
        writeFileSync(path, bytes);
        const named = name === 'SHA256SUMS' ? '' : ` ${name}`;
        await expect(verify(evidence), `byte ${at} of ${name}`).rejects.toMatchObject({
          fault: 'bench',
          code: 'EVIDENCE_BROKEN',
          message: expect.stringContaining(named) as string,
        });
      }
      writeFileSync(path, original);
    }
  });

  it('is found when a file is missing, added or renamed', async () => {
    const damages: [(dir: string) => void, string[]][] = [
      [(dir) => rmSync(join(dir, 'report.html')), ['missing: report.html']],
      [(dir) => rmSync(join(dir, 'SHA256SUMS')), ['missing: SHA256SUMS']],
      [(dir) => rmSync(join(dir, 'statement.json')), ['missing: statement.json']],
      [(dir) => writeFileSync(join(dir, 'firmware/more.bin'), ''), ['added:   firmware/more.bin']],
      [
        (dir) => renameSync(join(dir, 'junit.xml'), join(dir, 'tests.xml')),
        ['missing: junit.xml', 'added:   tests.xml'],
      ],
    ];
    for (const [damage, findings] of damages) {
      const dir = copyOf(evidence);
      damage(dir);
      await expect(verify(dir)).rejects.toMatchObject({
        code: 'EVIDENCE_BROKEN',
        story: { evidence: findings },
      });
    }
  });

  it('is found when its parts were changed together with the list, and contradict each other', async () => {
    const damages: [string, (text: string) => string, RegExp][] = [
      [
        'statement.json',
        (text) => text.replace(`"verdict": "${verdict}"`, '"verdict": "none"'),
        /the verdict: none/,
      ],
      [
        'record/run.json',
        (text) => text.replace('"realBoard": true', '"realBoard": false'),
        /SHA256SUMS differ/,
      ],
    ];
    for (const [file, change, words] of damages) {
      const dir = copyOf(evidence);
      edit(dir, file, change);
      await sumAgain(dir);
      await expect(verify(dir)).rejects.toMatchObject({
        code: 'EVIDENCE_BROKEN',
        message: expect.stringMatching(words) as string,
      });
    }
  });

  it('is found when the firmware that was kept is not the one that booted', async () => {
    const dir = copyOf(evidence);
    appendFileSync(join(dir, 'firmware/udp_client.elf'), ' ');
    await stateAgain(dir);
    await expect(verify(dir)).rejects.toMatchObject({
      code: 'EVIDENCE_BROKEN',
      story: {
        evidence: expect.arrayContaining([
          expect.stringMatching(/^the boot log shows [0-9a-f]{9}…$/),
        ]) as string[],
      },
    });
  });

  it('is found when the record comes to another verdict', async () => {
    const dir = copyOf(evidence);
    edit(dir, 'record/serial.jsonl', (text) => text.replaceAll('rtt_us=', 'rtt_us=9'));
    await stateAgain(dir);
    const { exitCode: code, output } = await hil('--verify', dir);
    expect([code, /^[A-Z_]+(?=:)/m.exec(output)?.[0]]).toEqual(
      verdict === 'failed' ? [1, undefined] : [2, 'VERDICT_DIFFERS'],
    );
  });
});

it('a folder that is no evidence is wrong usage', async () => {
  for (const dir of ['docs', 'nowhere']) {
    expect(await hil('--verify', dir)).toMatchObject({
      exitCode: 64,
      output: expect.stringMatching(/^NO_EVIDENCE: .*\nNext: /) as string,
    });
  }
});

interface Run {
  readonly exitCode: number | null;
  readonly output: string;
}

interface BothRuns {
  readonly rehearsal: Promise<Run>;
  readonly release: Promise<Run>;
  /** Of the board that is released on. */
  readonly url: string;
}

let both: Promise<BothRuns> | undefined;

/** The rehearsal and the release take minutes, in which they wait for the most part: whoever asks first begins both. */
function bothRuns(): Promise<BothRuns> {
  return (both ??= (async () => {
    const board = await startBoard();
    const prebuilt = await buildForBoard();
    const at = ['--server-host', serverOfBoard.address, '--server-port', String(serverOfBoard.port)];
    const release = hil('--release', 'v1.0.1', '--port', board.url, '--build-dir', prebuilt, ...soak, ...at);
    return {
      rehearsal: hil('--release', 'v1.0.0', '--rehearse', ...server),
      release: release.finally(() => board.end()),
      url: board.url,
    };
  })());
}

/** The host build, told as one of ESP-IDF: else it is refused on anything but a virtual board. */
async function buildForBoard(): Promise<string> {
  const { address, port } = serverOfBoard;
  const { buildDir } = await buildForHost({
    firmwareDir: join(root, 'firmware'),
    buildDir: join(scratch, 'prebuilt'),
    config: { EXAMPLE_IPV4_ADDR: address, EXAMPLE_PORT: port },
  });
  edit(buildDir.dir, 'project_description.json', (text) => text.replace('host-shim v1', 'v6.0.2'));
  return buildDir.dir;
}

async function verify(dir: string): Promise<unknown> {
  return await verifyEvidence({
    dir,
    root,
    signal: new AbortController().signal,
    onChecked: () => undefined,
  });
}

function git(...args: readonly string[]): string {
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
  mkdirSync(root, { recursive: true });
  return execFileSync('git', ['-C', root, ...who, ...args], { encoding: 'utf8' });
}

async function hil(...args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, ['scripts/start.cjs', 'hil', ...args], {
    cwd: root,
    env: { ...process.env, CI: 'true', HIL_LOCK_DIR: scratch },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output };
}

async function startBoard(): Promise<{ readonly url: string; end(): Promise<void> }> {
  const flash = join(scratch, 'board.flash.bin');
  const args = ['scripts/start.cjs', 'virtual-board', '--json', '--end-with-stdin', '--flash', flash];
  const child: ChildProcess = spawn(process.execPath, [...args, '--ip', '127.0.11.10'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (!child.stdout || !child.stdin) throw new Error('a board without pipes');
  const { stdin } = child;
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    url: (JSON.parse(line) as { readonly rfc2217: string }).rfc2217,
    end: async () => {
      stdin.end();
      if (child.exitCode === null) await once(child, 'close');
    },
  };
}

function filesOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));
}

function statementOf(dir: string): Statement {
  return JSON.parse(readFileSync(join(dir, 'statement.json'), 'utf8')) as Statement;
}

function copyOf(dir: string): string {
  const copy = mkdtempSync(join(scratch, 'copy-'));
  cpSync(dir, copy, { recursive: true });
  return copy;
}

/** Byte for byte but for what `change` replaces. An edit that changes nothing is a mistake of the test. */
function edit(dir: string, file: string, change: (text: string) => string): void {
  const text = readFileSync(join(dir, file), 'latin1');
  const changed = change(text);
  if (changed === text) throw new Error(`the edit of ${file} changes nothing`);
  writeFileSync(join(dir, file), changed, 'latin1');
}

/** What a forger does who knows of the list of files. */
async function sumAgain(dir: string): Promise<void> {
  rmSync(join(dir, 'SHA256SUMS'));
  writeFileSync(join(dir, 'SHA256SUMS'), renderSums((await digestFolder(dir)) as Digests));
}

/** What a forger does who knows of the statement, too. */
async function stateAgain(dir: string): Promise<void> {
  const digests = await digestFolder(dir);
  const statement = statementOf(dir);
  const subject = statement.subject.map(({ name }) => ({ name, digest: { sha256: digests.get(name) } }));
  writeFileSync(join(dir, 'statement.json'), JSON.stringify({ ...statement, subject }));
  await sumAgain(dir);
}
