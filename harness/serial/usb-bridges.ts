/** What a USB device is to an ESP32: the chip between it and its plug, or the ESP32 itself. */
export interface UsbBridge {
  /** `Silicon Labs CP210x`. */
  readonly name: string;
  /** Why a port with it looks like an ESP32 board's. */
  readonly why: string;
  /** How boards with it are reset. */
  readonly reset: 'classic' | 'usb-serial-jtag';
}

interface KnownBridge extends UsbBridge {
  readonly vendorId: string;
  /** Absent: every product of the vendor. */
  readonly productIds?: readonly string[];
}

const onDevKits = 'a bridge that ESP32 boards are made with';

/** In order: the first that fits. @see the vendors' ID lists, and esptool's USB-Serial-JTAG PID */
const bridges: readonly KnownBridge[] = [
  {
    vendorId: '303a',
    productIds: ['1001'],
    name: 'Espressif USB-Serial-JTAG',
    why: 'the USB port of the chip itself (ESP32-C3, -S3 and later)',
    reset: 'usb-serial-jtag',
  },
  { vendorId: '303a', name: 'Espressif USB', why: "a device with Espressif's vendor ID", reset: 'classic' },
  { vendorId: '10c4', name: 'Silicon Labs CP210x', why: onDevKits, reset: 'classic' },
  {
    vendorId: '1a86',
    productIds: ['55d4', '55d3', '55d2', '55d8'],
    name: 'WCH CH9102/CH343',
    why: onDevKits,
    reset: 'classic',
  },
  { vendorId: '1a86', name: 'WCH CH34x', why: onDevKits, reset: 'classic' },
  { vendorId: '0403', name: 'FTDI', why: onDevKits, reset: 'classic' },
];

/** The bridge that a USB device is, by its IDs of four hex digits each; undefined when it is none of those on ESP32 boards. */
export function findBridge(vendorId: string, productId: string | undefined): UsbBridge | undefined {
  const [vendor, product] = [vendorId.toLowerCase(), productId?.toLowerCase() ?? ''];
  return bridges.find(
    ({ vendorId: known, productIds }) =>
      known === vendor && (productIds === undefined || productIds.includes(product)),
  );
}
