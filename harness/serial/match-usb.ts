import type { ListedPort } from './list-ports.ts';

/** What a USB device tells of itself; each that is given must be the same. */
export interface UsbIdentity {
  readonly serialNumber?: string;
  /** Four hex digits each, in any case. */
  readonly vendorId?: string;
  readonly productId?: string;
}

/** Whether a port is that of the USB device looked for. */
export function matchesUsb(port: ListedPort, { serialNumber, vendorId, productId }: UsbIdentity): boolean {
  const same = (wanted: string | undefined, found: string | undefined): boolean =>
    wanted === undefined || wanted.toLowerCase() === found?.toLowerCase();
  return (
    port.vendorId !== undefined &&
    same(serialNumber, port.serialNumber) &&
    same(vendorId, port.vendorId) &&
    same(productId, port.productId)
  );
}

/** By what a port is found again; undefined when nothing tells it from others. */
export function usbIdentityOf({ serialNumber, vendorId, productId }: ListedPort): UsbIdentity | undefined {
  if (vendorId === undefined) return undefined;
  return {
    vendorId,
    ...(productId !== undefined && { productId }),
    ...(serialNumber !== undefined && { serialNumber }),
  };
}

/** `serial number 0001, vendor 10c4, product ea60`: as far as it is given. */
export function describeUsb({ serialNumber, vendorId, productId }: UsbIdentity): string {
  return [
    ...(serialNumber !== undefined ? [`serial number ${serialNumber}`] : []),
    ...(vendorId !== undefined ? [`vendor ${vendorId}`] : []),
    ...(productId !== undefined ? [`product ${productId}`] : []),
  ].join(', ');
}
