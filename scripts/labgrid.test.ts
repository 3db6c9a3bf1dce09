/**
 * Boards that are places of a labgrid: a real coordinator and exporter on the loopback, with virtual boards behind them.
 *
 * ```
 * npm run hil ──labgrid-client──▶ coordinator ◀── exporter (says where the serial ports are)
 *      └────────────RFC 2217────────────────────▶ npm run virtual-board, eight of them
 * ```
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProgram, type RunningProgram } from '../harness/process/start-program.ts';
import type { BoardsResult } from '../harness/record/boards-result.ts';
import type { RunResult } from '../harness/record/verdict.ts';
import {
  findFreePort,
  findProgram,
  startProgram as startOutsideProgram,
  type OutsideProgram,
} from '../harness/serial/testdata/outside-programs.ts';
import { processesOf, startHil, type RunningHil } from './testdata/start-hil.ts';

const root = join(import.meta.dirname, '..');
const folder = process.env['HIL_LABGRID'] ?? dirname(findProgram('labgrid-coordinator') ?? '');
const hasLabgrid = spawnSync(join(folder, 'labgrid-client'), ['--help']).status === 0;
const boardCount = 8;
const places = Array.from({ length: boardCount }, (_, at) => `place-${at + 1}`);
const addressOf = (place: string) => `127.0.12.${places.indexOf(place) + 1}`;

describe.skipIf(!hasLabgrid)(
  'boards of a labgrid (needs labgrid: pip install labgrid, or its folder in HIL_LABGRID)',
  () => {
    const scratch = mkdtempSync(join(tmpdir(), 'hil-labgrid-'));
    const boards: RunningProgram[] = [];
    let coordinator = '';
    let labgrid: OutsideProgram[] = [];

    beforeAll(async () => {
      coordinator = `127.0.0.1:${await findFreePort()}`;
      boards.push(...(await Promise.all(places.map(startBoard))));
      labgrid = await startLabgrid();
    }, 120_000);
    afterAll(async () => {
      for (const program of [...labgrid, ...boards]) await program[Symbol.asyncDispose]();
      rmSync(scratch, { recursive: true, force: true });
    });

    it('are judged eight at once: each by its own serial port, nothing is mixed up, and all are given back', async () => {
      const { exitCode, output, result } = await run<BoardsResult>(['--board', 'all', ...brief]).ended;
      expect(output).toMatch(/^\[place-1\] +hil: .* place place-1 of labgrid$/m);
      expect(result?.boards.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(
        places.map((place) => `${place} passed`),
      );
      expect(exitCode).toBe(0);
      const elfs = result?.boards.map(({ name, run: of }) => {
        // The claim is that the boot log shows the very image that this run has built, for its own server's address.
        expect(of?.claims.find(({ id }) => id === 'boot.image')?.verdict).toBe('passed');
        const datagrams = readFileSync(join(root, of?.record ?? '', 'datagrams.jsonl'), 'utf8');
        const senders = [...datagrams.matchAll(/"from":\{"address":"([\d.]+)"/g)].map(
          ([, address]) => address,
        );
        expect(senders.length).toBeGreaterThan(0);
        expect(new Set(senders)).toEqual(new Set([addressOf(name)]));
        return of?.firmware?.elfSha256;
      });
      expect(new Set(elfs).size).toBe(boardCount);
      for (const place of places) expect(holderOf(place)).toBeUndefined();
    }, 180_000);

    it('are given back by a run that is stopped', async () => {
      const hil = run<RunResult>(['--board', 'place-1', '--duration', '60']);
      await hil.says(/^ {2}observe /m);
      expect(holderOf('place-1')).toMatch(/\/bench$/);
      hil.process.kill('SIGINT');
      const { exitCode, result } = await hil.ended;
      expect(exitCode).toBe(130);
      expect(result).toMatchObject({ verdict: 'interrupted', errors: [] });
      expect(holderOf('place-1')).toBeUndefined();
      expect(processesOf(scratch)).toEqual([]);
    });

    it('are left by a run that is killed; the next one of the same user takes them over, and says so', async () => {
      const hil = run<RunResult>(['--board', 'place-1', '--duration', '60']);
      await hil.says(/^ {2}observe /m);
      hil.process.kill('SIGKILL');
      await hil.ended;
      expect(holderOf('place-1')).toMatch(/\/bench$/);
      const { exitCode, output } = await run<RunResult>(['--board', 'place-1', ...brief]).ended;
      expect(output.split('\n')[0]).toMatch(
        /place place-1 of labgrid, which \S+\/bench had acquired already and keeps$/,
      );
      expect(exitCode).toBe(0);
      expect(holderOf('place-1')).toMatch(/\/bench$/);
      client('place-1', 'release');
    });

    it('are never taken from somebody else, who is named', async () => {
      client('place-2', 'acquire', 'alice');
      const { exitCode, result } = await run<RunResult>(['--board', 'place-2', ...brief]).ended;
      expect(exitCode).toBe(2);
      expect(result?.summary).toMatch(
        /^LABGRID_TAKEN: The labgrid place place-2 is acquired by \S+\/alice \(/,
      );
      expect(result).toMatchObject({ tier: 'virtual', realBoard: false });
      expect(holderOf('place-2')).toMatch(/\/alice$/);
      client('place-2', 'release', 'alice');
    });

    it.each([
      [
        'labgrid does not know',
        { place: 'nowhere' },
        {},
        /^LABGRID_NO_PLACE: labgrid knows no place "nowhere" \(/,
      ],
      [
        'has no serial port',
        { place: 'empty' },
        {},
        /^LABGRID_NO_PORT: The labgrid place empty has no serial port/,
      ],
      [
        'nobody answers for',
        { coordinator: '127.0.0.1:9' },
        {},
        /^LABGRID_UNREACHABLE: .* coordinator 127\.0\.0\.1:9/,
      ],
      ['no client can ask for', {}, { HIL_LABGRID: '/nowhere' }, /^LABGRID_MISSING: .*\(\/nowhere\)/],
    ])('that %s make the run inconclusive, with its record', async (_, place, env, sentence) => {
      const bench = [{ name: 'desk', tier: 'virtual', labgrid: { place: 'place-1', coordinator, ...place } }];
      const hil = startHil<RunResult>(['--board', 'desk', ...brief], {
        bench,
        scratch,
        env: { ...user, ...env },
      });
      const { exitCode, result } = await hil.ended;
      expect(result?.summary).toMatch(sentence);
      expect(exitCode).toBe(2);
      expect(holderOf('empty')).toBeUndefined();
      expect(holderOf('place-1')).toBeUndefined();
    });

    const brief = ['--duration', '1', '--spec', 'boot'];
    const user = { HIL_LABGRID: folder, LG_USERNAME: 'bench' };

    function run<Result>(args: readonly string[]): RunningHil<Result> {
      const bench = places.map((place) => ({
        name: place,
        tier: 'virtual',
        labgrid: { place, coordinator },
      }));
      return startHil(args, { bench, scratch, env: user });
    }

    async function startBoard(place: string): Promise<RunningProgram> {
      return await startProgram({
        command: process.execPath,
        args: [
          ...[join(root, 'scripts/start.cjs'), 'virtual-board', '--json', '--end-with-stdin'],
          ...['--flash', join(scratch, `${place}.bin`), '--ip', addressOf(place)],
        ],
        name: place,
        readyTimeoutMs: 60_000,
      });
    }

    /** A coordinator that knows the places, and an exporter that has their serial ports. */
    async function startLabgrid(): Promise<OutsideProgram[]> {
      // Its state stays where it runs.
      mkdirSync(join(scratch, 'labgrid'));
      const sh = (script: string) =>
        startOutsideProgram('sh', ['-c', `cd ${scratch}/labgrid && exec ${script}`]);
      const server = sh(`${join(folder, 'labgrid-coordinator')} --listen ${coordinator}`);
      await server.line(/listening on|Coordinator ready/);
      const ports = boards.map(
        ({ firstLine }) => new URL((JSON.parse(firstLine) as { rfc2217: string }).rfc2217).port,
      );
      const resources = places.map(
        (place, at) =>
          `${place}:\n  NetworkSerialPort:\n    host: 127.0.0.1\n    port: ${ports[at] ?? ''}\n    protocol: rfc2217\n`,
      );
      writeFileSync(join(scratch, 'labgrid/exporter.yaml'), resources.join(''));
      const exporter = sh(
        `${join(folder, 'labgrid-exporter')} --coordinator ${coordinator} --name rack exporter.yaml`,
      );
      await exporter.line(/Exporter ready|connected to coordinator/);
      for (const place of places) {
        client(place, 'create');
        client(place, 'add-match', 'bench', `rack/${place}/*`);
      }
      client('empty', 'create');
      return [exporter, server];
    }

    function client(place: string, command: string, username = 'bench', ...args: string[]): string {
      const { stdout, stderr, status } = spawnSync(
        join(folder, 'labgrid-client'),
        ['--coordinator', coordinator, '--place', place, command, ...args],
        { encoding: 'utf8', env: { ...process.env, LG_USERNAME: username } },
      );
      if (status !== 0) throw new Error(`labgrid-client ${command} ${place}: ${stderr}`);
      return stdout;
    }

    /** `host/user`; undefined when nobody has it. */
    function holderOf(place: string): string | undefined {
      return /^ {2}acquired: (\S+\/\S+)$/m.exec(client(place, 'show'))?.[1];
    }
  },
);
