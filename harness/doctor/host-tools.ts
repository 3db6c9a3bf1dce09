/** What every bench needs of its host, and what some of its tests do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tiers } from '../record/tier.ts';
import { askTool, versionIn } from './ask-tool.ts';
import { broken, missing, ok, type Check, type Finding, type Packages, type Subject } from './finding.ts';

/** As `engines` in package.json says. */
const leastNode = [20, 19] as const;

export const checkNode: Check = ({ install }) => {
  const subject: Subject = { id: 'node', name: 'Node.js', neededFor: 'everything', tiers };
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  const finding = isNewEnough
    ? ok(subject, process.versions.node)
    : broken(
        subject,
        `${process.versions.node}, older than ${leastNode.join('.')}`,
        install({ apt: 'nodejs', brew: 'node' }),
      );
  return Promise.resolve([finding]);
};

/** A compiler without the headers of the C library answers `--version` all the same: let it compile something. */
export const checkCompiler: Check = async ({ env, install, signal }) => {
  const subject: Subject = {
    id: 'c-compiler',
    name: 'C compiler',
    neededFor: 'the virtual board, whose firmware it builds',
    tiers: ['virtual'],
  };
  const compiler = env['CC'] ?? 'cc';
  const remedy = install({
    apt: 'build-essential',
    dnf: 'gcc glibc-devel',
    pacman: 'base-devel',
    brew: 'gcc',
  });
  const version = await askTool(compiler, ['--version'], { signal });
  if (version.kind === 'missing') return [missing(subject, remedy, `no ${compiler} in PATH`)];
  const folder = await mkdtemp(join(tmpdir(), 'hil-doctor-'));
  try {
    const source = join(folder, 'try.c');
    await writeFile(source, '#include <pthread.h>\n#include <stdio.h>\nint main(void) { return 0; }\n');
    const built = await askTool(compiler, ['-pthread', '-o', join(folder, 'try'), source], { signal });
    if (built.kind !== 'answered') {
      return [
        broken(subject, `${compiler} can't build a program: ${'text' in built ? built.text : ''}`, remedy),
      ];
    }
    return [ok(subject, `${compiler} ${version.kind === 'answered' ? versionIn(version.text) : ''}`)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

export const checkPython: Check = async ({ env, install, signal }) => {
  const subject: Subject = {
    id: 'python',
    name: 'Python',
    neededFor: 'ESP-IDF and esptool',
    tiers: ['linux', 'emulator', 'board'],
  };
  const command = env['HIL_PYTHON'] ?? 'python3';
  const answer = await askTool(command, ['--version'], { signal });
  const remedy = install({ apt: 'python3 python3-venv', dnf: 'python3', pacman: 'python', brew: 'python' });
  if (answer.kind === 'answered') return [ok(subject, versionIn(answer.text))];
  return [answer.kind === 'missing' ? missing(subject, remedy) : broken(subject, answer.text, remedy)];
};

export const checkEsptool: Check = async ({ env, signal }) => {
  const subject: Subject = {
    id: 'esptool',
    name: 'esptool',
    neededFor: "chips that our own flasher doesn't know, and tests",
    tiers: [],
  };
  const command = env['HIL_ESPTOOL'] ?? 'esptool';
  const answer = await askTool(command, ['version'], { signal });
  const remedy = 'pipx install esptool';
  if (answer.kind === 'answered') return [ok(subject, versionIn(answer.text))];
  return [answer.kind === 'missing' ? missing(subject, remedy) : broken(subject, answer.text, remedy)];
};

/** Serial servers and cables of software: real ones, that tests hold our own ends against. */
export const checkSerialTools: Check = async ({ install, signal }) =>
  Promise.all([
    checkOptional('socat', ['-V'], { apt: 'socat' }, 'tests with pairs of pseudo-terminals', install, signal),
    checkOptional('ser2net', ['-v'], { apt: 'ser2net' }, 'tests with a real serial server', install, signal),
  ]);

async function checkOptional(
  command: string,
  args: readonly string[],
  packages: Packages,
  neededFor: string,
  install: (packages: Packages) => string,
  signal: AbortSignal,
): Promise<Finding> {
  const subject: Subject = { id: command, name: command, neededFor, tiers: [] };
  const answer = await askTool(command, args, { signal });
  if (answer.kind === 'missing') return missing(subject, install(packages));
  // ser2net says its version with another exit code than 0.
  return ok(subject, versionIn(answer.text));
}
