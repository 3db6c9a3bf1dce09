import { expect, it } from 'vitest';
import { findBridge } from './usb-bridges.ts';

it.each([
  ['10c4', 'ea60', 'Silicon Labs CP210x', 'classic'],
  ['10C4', 'EA60', 'Silicon Labs CP210x', 'classic'],
  ['1a86', '7523', 'WCH CH34x', 'classic'],
  ['1a86', '55d4', 'WCH CH9102/CH343', 'classic'],
  ['0403', '6010', 'FTDI', 'classic'],
  ['303a', '1001', 'Espressif USB-Serial-JTAG', 'usb-serial-jtag'],
  ['303a', '0002', 'Espressif USB', 'classic'],
])('%s:%s is %s', (vendorId, productId, name, reset) => {
  expect(findBridge(vendorId, productId)).toMatchObject({ name, reset });
});

it('takes no other device for an ESP32 board', () => {
  expect(findBridge('2341', '0043')).toBeUndefined();
  expect(findBridge('', undefined)).toBeUndefined();
});
