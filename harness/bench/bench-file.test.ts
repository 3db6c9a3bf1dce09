import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { benchFileName, readBenchFile } from './bench-file.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bench-file-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(contents: unknown, name = benchFileName): string {
  const file = join(root, name);
  writeFileSync(file, typeof contents === 'string' ? contents : JSON.stringify(contents));
  return file;
}

it('need not be there', () => {
  expect(readBenchFile(root).boards).toEqual([]);
});

it('is what the guide says', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/bench-file.md'), 'utf8');
  write(/```json\n([^]*?)```/.exec(guide)?.[1] ?? '');
  expect(readBenchFile(root).boards).toMatchObject([
    { name: 'desk', usb: { serialNumber: '0001' }, chip: 'esp32', labels: ['wifi'] },
    { name: 'c3', usb: { vendorId: '303a', productId: '1001' }, reset: 'usb-serial-jtag' },
    { name: 'rack', port: 'rfc2217://bench-2:4000', labels: [], server: { address: '192.168.4.3' } },
    { name: 'twin', tier: 'virtual', labels: ['rehearsal'] },
    { name: 'odd', reset: { app: 'R1|W0.1|R0', loader: 'D0|R1|W0.1|D1|R0|W0.05|D0' } },
  ]);
});

it('may be named', () => {
  const file = write({ boards: [{ name: 'desk', port: '/dev/ttyUSB0' }] }, 'bench-2.json');
  expect(readBenchFile(root, file)).toMatchObject({ boards: [{ name: 'desk', labels: [] }] });
  expect(() => readBenchFile(root, join(root, 'missing.json'))).toThrow(/CONFIG_FILE: There is no such/);
});

describe('says where it is wrong, what was expected and what was found', () => {
  const desk = { name: 'desk', port: '/dev/ttyUSB0' };
  it.each<[unknown, string]>([
    ['{', 'The bench file is no JSON'],
    [{}, 'boards must be given ("boards"), got nothing'],
    [{ boards: {} }, 'boards must be a list of boards, got {}'],
    [{ boards: [], bords: [] }, 'bords must be left out (there is no such setting)'],
    [{ boards: [{ ...desk, name: 'virtual' }] }, 'boards.0.name must be a name of its own'],
    [{ boards: [{ ...desk, name: 'all' }] }, 'boards.0.name must be a name of its own: all is what'],
    [{ boards: [{ ...desk, tier: 'linux' }] }, 'boards.0.tier must be virtual, or left out'],
    [
      { boards: [{ name: 'twin', tier: 'virtual', usb: { serialNumber: '1' } }] },
      'boards.0 must be a virtual board without usb',
    ],
    [
      { boards: [{ ...desk, labgrid: { place: 'esp32-1' } }] },
      'boards.0 must be a board with either port, usb or labgrid',
    ],
    [
      { boards: [{ name: 'far', labgrid: { place: 'esp32-1', coordinator: 'bench' } }] },
      'boards.0.labgrid.coordinator must be HOST:PORT',
    ],
    [{ boards: [{ ...desk, server: { port: 0 } }] }, 'boards.0.server.port must be a port from 1'],
    [{ boards: [{ ...desk, server: { address: 'bench' } }] }, 'boards.0.server.address must be an IPv4'],
    [{ boards: [{ ...desk, name: 'a desk' }] }, 'boards.0.name must be a name of letters'],
    [{ boards: [{ name: 'desk' }] }, 'boards.0 must be a board with either port, usb or labgrid'],
    [
      { boards: [{ ...desk, usb: { serialNumber: '1' } }] },
      'boards.0 must be a board with either port, usb or labgrid',
    ],
    [{ boards: [{ name: 'desk', usb: {} }] }, 'boards.0.usb must be at least one of serialNumber'],
    [{ boards: [{ name: 'desk', usb: { vendorId: '0x10c4' } }] }, 'boards.0.usb.vendorId must be four hex'],
    [{ boards: [{ ...desk, port: 'http://bench' }] }, 'boards.0.port must be a path, rfc2217://HOST:PORT'],
    [{ boards: [{ ...desk, baudRate: 115200 }] }, 'boards.0.baudRate must be left out'],
    [{ boards: [{ ...desk, arrivesFrom: 'router' }] }, 'boards.0.arrivesFrom must be an IPv4 address'],
    [{ boards: [{ ...desk, emulated: 'yes' }] }, 'boards.0.emulated must be true or false'],
    [{ boards: [{ ...desk, flashBaudRate: '460800' }] }, 'boards.0.flashBaudRate must be a baud rate'],
    [
      { boards: [{ ...desk, reset: 'soft' }] },
      'boards.0.reset must be classic, usb-serial-jtag, or an object',
    ],
    [{ boards: [{ ...desk, reset: { app: 'R1|R2', loader: 'D0' } }] }, 'boards.0.reset'],
    [{ boards: [desk, desk] }, 'boards must be a list of boards with a name of its own for each'],
  ])('%j', (contents, sentence) => {
    write(contents);
    expect(() => readBenchFile(root)).toThrow(UsageError);
    expect(() => readBenchFile(root)).toThrow(sentence);
    expect(() => readBenchFile(root)).toThrow('docs/bench-file.md');
  });
});
