import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { parseDurationMs, parseRunOptions } from './options.ts';

const scratch = mkdtempSync(join(tmpdir(), 'options-'));
const benchFile = join(scratch, 'bench.json');
writeFileSync(
  benchFile,
  JSON.stringify({
    boards: [
      { name: 'desk-1', port: '/dev/ttyUSB0', server: { port: 3400 } },
      { name: 'twin', tier: 'virtual', labels: ['sim'], server: { address: '127.0.3.1' } },
    ],
  }),
);
afterAll(() => rmSync(scratch, { recursive: true }));

describe('parseRunOptions', () => {
  it('needs no option: a virtual board, the seed’s port, ten seconds', () => {
    expect(parseRunOptions([], '/bench')).toEqual({
      serverHost: '127.0.0.1',
      serverPort: 3333,
      bootTimeoutMs: 30_000,
      durationMs: 10_000,
      provision: false,
      profile: { role: 'client', periodMs: 100 },
      firmwareConfig: {},
      confidence: 0.999,
      firmwareDir: '/bench/firmware',
      flasher: 'auto',
      list: false,
      help: false,
    });
  });

  it('builds a firmware that numbers its datagrams on request, our own only', () => {
    expect(parseRunOptions(['--numbered'], '/bench')).toMatchObject({
      profile: { role: 'client', periodMs: 100, numbered: true },
      firmwareConfig: { EXAMPLE_NUMBER_PAYLOADS: true },
    });
    expect(() => parseRunOptions(['--numbered', '--replay', 'runs/latest'], '/bench')).toThrow(UsageError);
  });

  it('takes a port for a real board, whose server listens on all addresses', () => {
    expect(parseRunOptions(['--port', '/dev/ttyUSB0'], '/')).toMatchObject({
      tier: 'board',
      serverHost: '0.0.0.0',
    });
  });

  it('takes what is no tier for the name of a board', () => {
    expect(parseRunOptions(['--board', 'desk-1', '--config', benchFile], '/bench')).toMatchObject({
      tier: 'board',
      boardName: 'desk-1',
      configFile: benchFile,
      serverHost: '0.0.0.0',
      serverPort: 3400,
    });
    const unnamed = parseRunOptions(['--board', 'board'], '/bench');
    expect(unnamed).toMatchObject({ tier: 'board', serverHost: '0.0.0.0' });
    expect(unnamed).not.toHaveProperty('boardName');
  });

  it('serves a board of the bench file where that says, unless the command line says otherwise', () => {
    const args = ['--board', 'twin', '--config', benchFile];
    expect(parseRunOptions(args, '/')).toMatchObject({
      tier: 'virtual',
      boardName: 'twin',
      serverHost: '127.0.3.1',
      serverPort: 3333,
    });
    expect(parseRunOptions([...args, '--server-host', '127.0.3.2', '--server-port', '4'], '/')).toMatchObject(
      {
        serverHost: '127.0.3.2',
        serverPort: 4,
      },
    );
  });

  it('takes several boards, by all or a label', () => {
    const args = ['--config', benchFile, '--server-port', '4000', '--jobs', '2'];
    const names = (board: string) =>
      parseRunOptions([...args, '--board', board], '/').several?.boards.map(({ name }) => name);
    expect(names('all')).toEqual(['desk-1', 'twin']);
    expect(names('label:sim')).toEqual(['twin']);
    expect(parseRunOptions([...args, '--board', 'all'], '/').several).toMatchObject({
      jobs: 2,
      server: { port: 4000 },
    });
  });

  it.each([
    [['--board', 'all', '--port', 'x'], /--port has no meaning beside --board all/],
    [['--board', 'all', '--serial'], /--serial has no meaning beside --board all/],
    [['--board', 'twin', '--jobs', '2'], /--jobs is about several boards/],
    [['--board', 'all', '--jobs', '0'], /--jobs must be a number from 1 to 99, got "0"/],
    [['--board', 'all', '--replay', 'x'], /--board has no meaning beside --replay/],
  ])('%j is wrong usage', (args, sentence) => {
    expect(() => parseRunOptions([...args, '--config', benchFile], '/')).toThrow(sentence);
  });

  it('can have the firmware built to ask, on the port that it is to send to', () => {
    expect(parseRunOptions(['--provision', '--server-port', '4000'], '/')).toMatchObject({
      provision: true,
      firmwareConfig: {
        EXAMPLE_WIFI_SSID_PWD_FROM_STDIN: true,
        EXAMPLE_SOCKET_IP_INPUT_STDIN: true,
        EXAMPLE_PORT: 4000,
      },
    });
  });

  it.each([
    [['--confidence', '0.99'], 7000],
    [['--confidence', '0.9999'], 13_000],
    [['--confidence', '0.99', '--duration', '30s'], 30_000],
  ])('%j: as sure as that takes %i ms', (args, durationMs) => {
    expect(parseRunOptions(args, '/').durationMs).toBe(durationMs);
  });

  it.each([
    [['--list'], undefined],
    [['--list', '--json'], '-'],
    [['--json', '--list'], '-'],
    [['--list', '--json', 'boards.json'], '/bench/boards.json'],
  ])('%j lists boards', (args, jsonFile) => {
    const options = parseRunOptions(args, '/bench');
    expect(options.list).toBe(true);
    expect(options.jsonFile).toBe(jsonFile);
  });

  it('judges a release on a real board, or rehearses it on any', () => {
    expect(parseRunOptions(['--release', 'v1.4.0', '--port', '/dev/ttyUSB0'], '/')).toMatchObject({
      gate: { name: 'v1.4.0', isRehearsal: false },
      soakMs: 3_600_000,
    });
    expect(parseRunOptions(['--release', 'v1.4.0', '--rehearse', '--duration', '20'], '/')).toMatchObject({
      gate: { name: 'v1.4.0', isRehearsal: true },
      durationMs: 20_000,
      soakMs: 60_000,
    });
    expect(parseRunOptions(['--soak', '8h'], '/').soakMs).toBe(28_800_000);
    expect(parseRunOptions(['--verify', 'releases/v1'], '/bench').verifyDir).toBe('/bench/releases/v1');
  });

  it.each([
    [['--release', 'v1'], 'A release is judged on a real board, not on the virtual one'],
    [['--release', 'v1', '--board', 'linux'], 'A release is judged on a real board, not on --board linux'],
    [['--rehearse'], '--rehearse has no meaning without --release'],
    [
      ['--release', '../x', '--rehearse'],
      '--release must be the name of a release, such as v1.4.0, got "../x"',
    ],
    [['--release', 'v1', '--rehearse', '--spec', 'boot'], '--spec has no meaning beside --release'],
    [['--release', 'v1', '--rehearse', '--numbered'], '--numbered has no meaning beside --release'],
    [
      ['--release', 'v1', '--rehearse', '--duration', '3'],
      '--duration must be at least 10s for a release, got 3s',
    ],
    [
      ['--release', 'v1', '--rehearse', '--confidence', '.9'],
      '--confidence must be at least 0.999 for a release',
    ],
    [['--soak', '59'], '--soak must be a time of at least 60s, such as 90s, 30m or 8h, got "59"'],
    [['--spec', 'soak'], '--spec soak needs to know for how long: --soak TIME'],
    [['--verify', 'x', '--release', 'v1'], '--release has no meaning beside --verify'],
    [
      ['--board', 'not one'],
      '--board must be one of virtual, linux, emulator, board, the name of a board in the bench file, all or label:LABEL, got "not one"',
    ],
    [['--board', 'desk', '--port', '/dev/ttyUSB0'], '--port has no meaning beside --board desk'],
    [['--flasher', 'avrdude'], '--flasher must be one of auto, embedded, esptool, idf.py, got "avrdude"'],
    [['--list', '--duration', '3'], '--duration has no meaning beside --list'],
    [['--list', '--board', 'desk'], '--board has no meaning beside --list'],
    [['--replay', 'runs/1', '--flasher', 'embedded'], '--flasher has no meaning beside --replay'],
    [['--server-port', '65536'], '--server-port must be a port from 1 to 65535, got "65536"'],
    [['--server-port=33.5'], '--server-port must be a port from 1 to 65535, got "33.5"'],
    [['--server-host', 'localhost'], '--server-host must be an IPv4 address, got "localhost"'],
    [['--server-address', '10.0.0'], '--server-address must be an IPv4 address, got "10.0.0"'],
    [['--boot-timeout', 'soon'], '--boot-timeout must be a time such as 10, 10s, 2m or 1h, got "soon"'],
    [['--provision', '--build-dir', 'x'], '--provision says how to build'],
    [['--duration', '0'], '--duration must be a time such as 10, 10s, 2m or 1h, got "0"'],
    [['--duration', 'soon'], '--duration must be a time such as 10, 10s, 2m or 1h, got "soon"'],
    [['--confidence', '1'], '--confidence must be a probability from 0.9 to 0.999999, got "1"'],
    [['--confidence', '.5'], '--confidence must be a probability from 0.9 to 0.999999, got ".5"'],
    [['--spec', '../x'], '--spec must be the name of a file in specs/, such as cadence, got "../x"'],
    [['--frobnicate'], "Unknown option '--frobnicate'"],
    [['cadence'], "Unexpected argument 'cadence'"],
  ])('%j is wrong usage', (args, sentence) => {
    expect(() => parseRunOptions(args, '/')).toThrow(UsageError);
    expect(() => parseRunOptions(args, '/')).toThrow(sentence);
  });
});

describe('parseDurationMs', () => {
  it.each([
    ['10', 10_000],
    ['500ms', 500],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['8h', 28_800_000],
  ])('%s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });
});
