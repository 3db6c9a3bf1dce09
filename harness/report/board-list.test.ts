import { expect, it } from 'vitest';
import type { BoardList } from '../bench/list-boards.ts';
import { findBridge } from '../serial/usb-bridges.ts';
import { renderBoardList } from './board-list.ts';

const owner = {
  pid: 4711,
  host: 'bench',
  since: '2026-11-25T10:15:00.000Z',
  why: 'npm run hil',
  run: 'run-1',
};
const bridge = findBridge('10c4', 'ea60');
const list: BoardList = {
  schema: 1,
  host: 'bench',
  file: 'hil.config.json',
  ports: [
    {
      path: '/dev/ttyUSB0',
      vendorId: '10c4',
      productId: 'ea60',
      manufacturer: 'Silicon Labs',
      product: 'CP2102N USB to UART Bridge Controller\x1b[2J',
      serialNumber: '0a1b',
      ...(bridge && { bridge }),
      board: 'desk',
      permitted: true,
      owner,
      openBy: [{ pid: 4712, command: 'node serial' }],
    },
    { path: '/dev/ttyACM0', vendorId: '2341', productId: '0043', permitted: false, openBy: [] },
    { path: '/dev/ttyS0', permitted: true, openBy: [] },
  ],
  boards: [
    { name: 'desk', usb: { serialNumber: '0a1b' }, chip: 'esp32', labels: ['wifi'], state: 'present' },
    { name: 'shelf', usb: { serialNumber: '0c2d' }, labels: [], state: 'absent' },
    { name: 'rack', port: 'rfc2217://bench-2:4000', labels: [], state: 'remote', owner },
  ],
};

it('tells of each port what it is, why, and whose', () => {
  expect(renderBoardList(list).join('\n')).toBe(
    `Serial ports of bench:

  /dev/ttyUSB0   looks like an ESP32 board: Silicon Labs CP210x, a bridge that ESP32 boards are made with
                 USB 10c4:ea60, Silicon Labs CP2102N USB to UART Bridge Controller\\x1b[2J, serial number 0a1b
                 is desk
                 a run has it: process 4711 on bench (npm run hil, run run-1) since 2026-11-25T10:15:00.000Z
                 open in process 4712: node serial
  /dev/ttyACM0   does not look like an ESP32 board
                 USB 2341:0043, no serial number
                 this user may not open it: run \`sudo usermod -aG dialout $USER\` and log in again (Arch: group uucp), or add a udev rule (docs/troubleshooting.md)
  /dev/ttyS0     does not look like an ESP32 board: not on USB

Boards in hil.config.json:

  desk    plugged in: serial number 0a1b, esp32, wifi
  shelf   not plugged in: serial number 0c2d
  rack    behind a URL: rfc2217://bench-2:4000
          a run has it: process 4711 on bench (npm run hil, run run-1) since 2026-11-25T10:15:00.000Z`,
  );
});

it('tells what to check where there is no port', () => {
  const lines = renderBoardList({ ...list, ports: [], boards: [] }).join('\n');
  expect(lines).toContain('This host has no serial port.');
  expect(lines).toContain('--port rfc2217://HOST:PORT');
});
