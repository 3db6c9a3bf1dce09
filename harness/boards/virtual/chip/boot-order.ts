import { crc32 } from 'node:zlib';
import type { Partition } from '../../../build/partition-table.ts';
import type { BootConsole } from './boot-console.ts';
import { SECTOR_SIZE } from './flash-chip.ts';
import type { FlashChip } from './flash-chip.ts';
import { isFactoryApp, isOtaApp, isOtaData, isTestApp } from './partition-kinds.ts';

/** `esp_ota_select_entry_t`: one of the two entries in the partition with the OTA data, each in a sector of its own. */
interface OtaEntry {
  readonly sequence: number;
  /** Nothing was ever chosen here, or the application was found bad. */
  readonly unset: boolean;
  readonly crcFits: boolean;
}

const STATE_INVALID = 3;
const STATE_ABORTED = 4;

/**
 * The applications in the order in which the bootloader tries them: the one that the last OTA update chose, down to the
 * factory one, then the slots above it, the test application last.
 *
 * @see ESP-IDF `components/bootloader_support/src/bootloader_utility.c`
 * (bootloader_utility_get_selected_boot_partition, bootloader_utility_load_boot_image)
 */
export function bootOrder(
  flash: FlashChip,
  partitions: readonly Partition[],
  console: BootConsole,
): readonly Partition[] {
  const factory = partitions.filter(isFactoryApp);
  const slots = partitions.filter(isOtaApp).sort((one, other) => one.subtype - other.subtype);
  const otaData = partitions.find(isOtaData);
  const chosen =
    otaData === undefined
      ? undefined
      : chooseSlot(readEntries(flash, otaData), slots.length, factory.length > 0, console);
  const firstAbove = chosen === undefined ? 0 : chosen + 1;
  return [
    ...slots.slice(0, firstAbove).reverse(),
    ...factory,
    ...slots.slice(firstAbove),
    ...partitions.filter(isTestApp),
  ];
}

/** The slot to start with; `undefined`: the factory application. */
function chooseSlot(
  entries: readonly OtaEntry[],
  slots: number,
  hasFactory: boolean,
  console: BootConsole,
): number | undefined {
  if (slots === 0 || entries.every(({ unset }) => unset)) {
    console.log('I', 'boot', hasFactory ? 'Defaulting to factory image' : 'No factory image, trying OTA 0');
    return hasFactory ? undefined : 0;
  }
  const valid = entries.filter(({ unset, crcFits }) => !unset && crcFits);
  if (valid.length === 0) {
    console.log(
      'E',
      'boot',
      hasFactory
        ? 'ota data partition invalid, falling back to factory'
        : 'ota data partition invalid and no factory, will try all partitions',
    );
    return undefined;
  }
  return (Math.max(...valid.map(({ sequence }) => sequence)) - 1) % slots;
}

function readEntries(flash: FlashChip, { offset }: Partition): readonly OtaEntry[] {
  return [offset, offset + SECTOR_SIZE].map((at) => {
    const entry = flash.read(at, 32);
    const sequence = entry.readUInt32LE(0);
    const state = entry.readUInt32LE(24);
    return {
      sequence,
      unset: sequence === 0xffff_ffff || state === STATE_INVALID || state === STATE_ABORTED,
      crcFits: entry.readUInt32LE(28) === crc32(entry.subarray(0, 4), 0xffff_ffff),
    };
  });
}
