import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listLinuxPorts, listPorts } from './list-ports.ts';
import { findBridge } from './usb-bridges.ts';

let sysRoot: string;

beforeEach(async () => {
  sysRoot = await mkdtemp(join(tmpdir(), 'hil-sys-'));
});

afterEach(async () => {
  await rm(sysRoot, { recursive: true });
});

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(sysRoot, path)), { recursive: true });
  await writeFile(join(sysRoot, path), `${text}\n`);
}

/** `tty` as sysfs has it: a folder whose `device` leads to the interface. */
async function addTty(name: string, device?: string): Promise<void> {
  await mkdir(join(sysRoot, 'class/tty', name), { recursive: true });
  if (device === undefined) return;
  await mkdir(join(sysRoot, device), { recursive: true });
  await symlink(join(sysRoot, device), join(sysRoot, 'class/tty', name, 'device'));
}

describe('listLinuxPorts', () => {
  it('names the bridge of a DevKit, whose USB device stands two folders above its port', async () => {
    await addTty('ttyUSB0', 'devices/usb1/1-2/1-2:1.0/ttyUSB0');
    await write('devices/usb1/1-2/idVendor', '10c4');
    await write('devices/usb1/1-2/idProduct', 'ea60');
    await write('devices/usb1/1-2/manufacturer', 'Silicon Labs');
    await write('devices/usb1/1-2/product', 'CP2102N USB to UART Bridge Controller');
    await write('devices/usb1/1-2/serial', '0a1b');
    expect(await listLinuxPorts(sysRoot)).toEqual([
      {
        path: '/dev/ttyUSB0',
        vendorId: '10c4',
        productId: 'ea60',
        manufacturer: 'Silicon Labs',
        product: 'CP2102N USB to UART Bridge Controller',
        serialNumber: '0a1b',
        bridge: findBridge('10c4', 'ea60'),
      },
    ]);
  });

  it('leaves out what a device does not tell', async () => {
    await addTty('ttyACM0', 'devices/usb1/1-3/1-3:1.0');
    await write('devices/usb1/1-3/idVendor', '303a');
    await write('devices/usb1/1-3/idProduct', '1001');
    expect(await listLinuxPorts(sysRoot)).toEqual([
      { path: '/dev/ttyACM0', vendorId: '303a', productId: '1001', bridge: findBridge('303a', '1001') },
    ]);
  });

  it('passes over virtual terminals and UARTs that are not there', async () => {
    await addTty('tty0');
    await addTty('ttyS0', 'devices/platform/serial8250');
    await write('class/tty/ttyS0/type', '0');
    await addTty('ttyS1', 'devices/pnp0/00:05');
    await write('class/tty/ttyS1/type', '4');
    expect(await listLinuxPorts(sysRoot)).toEqual([{ path: '/dev/ttyS1' }]);
  });

  it('finds nothing where there is no sysfs', async () => {
    expect(await listLinuxPorts(join(sysRoot, 'missing'))).toEqual([]);
  });
});

it('lists the ports of this host without any tool', async () => {
  expect(await listPorts()).toBeInstanceOf(Array);
});
