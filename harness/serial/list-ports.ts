import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findBridge, type UsbBridge } from './usb-bridges.ts';

/** A serial port of this host. */
export interface ListedPort {
  readonly path: string;
  /** USB vendor and product, four hex digits each; absent for ports that are not on USB. */
  readonly vendorId?: string;
  readonly productId?: string;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serialNumber?: string;
  /** Which of the chips found on ESP32 boards it is; absent when it is none of them. */
  readonly bridge?: UsbBridge;
}

/** The serial ports of this host, those that look like ESP32 boards first. Opens none of them. */
export async function listPorts(): Promise<ListedPort[]> {
  const ports = process.platform === 'linux' ? await listLinuxPorts('/sys') : await listOtherPorts();
  return ports.sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path, 'en', { numeric: true }));
}

/**
 * Read from sysfs: node-serialport would ask `udevadm`, which a container may lack, and then throws where nobody
 * can catch it.
 */
export async function listLinuxPorts(sysRoot: string): Promise<ListedPort[]> {
  const folder = join(sysRoot, 'class/tty');
  const names = await readdir(folder).catch(() => []);
  const ports = await Promise.all(names.map(async (name) => readLinuxPort(join(folder, name), name)));
  return ports.filter((port) => port !== undefined);
}

async function readLinuxPort(folder: string, name: string): Promise<ListedPort | undefined> {
  // Without a device it is a virtual terminal.
  const device = await realpath(join(folder, 'device')).catch(() => undefined);
  if (device === undefined) return undefined;
  // Type 0: the driver keeps a place for a UART that isn't there.
  if ((await read(folder, 'type')) === '0') return undefined;
  return { path: `/dev/${name}`, ...(await readUsb(device)) };
}

/** What the USB device says of itself; it stands some folders above its interface. */
async function readUsb(device: string): Promise<Partial<ListedPort>> {
  for (let folder = device; folder !== dirname(folder); folder = dirname(folder)) {
    const vendorId = await read(folder, 'idVendor');
    if (vendorId === undefined) continue;
    return describe({
      vendorId,
      productId: await read(folder, 'idProduct'),
      manufacturer: await read(folder, 'manufacturer'),
      product: await read(folder, 'product'),
      serialNumber: await read(folder, 'serial'),
    });
  }
  return {};
}

async function listOtherPorts(): Promise<ListedPort[]> {
  const { SerialPort } = await import('serialport');
  const ports = await SerialPort.list();
  return ports.map(({ path, vendorId, productId, manufacturer, serialNumber }) => ({
    path,
    ...describe({ vendorId, productId, manufacturer, serialNumber }),
  }));
}

type Usb = Partial<
  Record<'vendorId' | 'productId' | 'manufacturer' | 'product' | 'serialNumber', string | undefined>
>;

/** Leaves out what is not known, and names the bridge. */
function describe(usb: Usb): Partial<ListedPort> {
  const known = Object.entries(usb).filter(([, value]) => value !== undefined && value !== '');
  const bridge = findBridge(usb.vendorId ?? '', usb.productId);
  return { ...Object.fromEntries(known), ...(bridge === undefined ? {} : { bridge }) };
}

function rank({ bridge, vendorId }: ListedPort): number {
  return bridge !== undefined ? 0 : vendorId !== undefined ? 1 : 2;
}

async function read(folder: string, name: string): Promise<string | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
  return text?.trim();
}
