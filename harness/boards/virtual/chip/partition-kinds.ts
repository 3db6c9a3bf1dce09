import type { Partition } from '../../../build/partition-table.ts';

type Kind = Pick<Partition, 'type' | 'subtype'>;

/** @see ESP-IDF `components/bootloader_support/include/esp_flash_partitions.h` (PART_TYPE_…, PART_SUBTYPE_…) */
const APP = 0x00;
const DATA = 0x01;
const FACTORY = 0x00;
const OTA_0 = 0x10;
const TEST = 0x20;

/** What the bootloader's log calls partitions with data, by subtype. */
const DATA_USAGE: ReadonlyMap<number, string> = new Map([
  [0x00, 'OTA data'],
  [0x01, 'RF data'],
  [0x02, 'WiFi data'],
  [0x04, 'NVS keys'],
  [0x05, 'efuse'],
]);

export function isFactoryApp({ type, subtype }: Kind): boolean {
  return type === APP && subtype === FACTORY;
}

export function isTestApp({ type, subtype }: Kind): boolean {
  return type === APP && subtype === TEST;
}

export function isOtaApp({ type, subtype }: Kind): boolean {
  return type === APP && (subtype & ~0x0f) === OTA_0;
}

export function isOtaData({ type, subtype }: Kind): boolean {
  return type === DATA && subtype === 0x00;
}

/** As the bootloader lists it. */
export function usageOf(partition: Kind): string {
  if (partition.type === DATA) return DATA_USAGE.get(partition.subtype) ?? 'Unknown data';
  if (partition.type !== APP) return 'unknown';
  if (isFactoryApp(partition)) return 'factory app';
  if (isTestApp(partition)) return 'test app';
  return isOtaApp(partition) ? 'OTA app' : 'Unknown app';
}

/** As the bootloader complains about it. */
export function nameOfApp(partition: Kind): string {
  return isFactoryApp(partition)
    ? 'Factory app partition'
    : `OTA app partition slot ${partition.subtype - OTA_0}`;
}
