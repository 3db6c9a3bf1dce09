import { createHash } from 'node:crypto';

/**
 * One row of the partition table, which ESP-IDF keeps at 0x8000 of the flash: rows of 32 bytes, then one with the
 * MD5 of all before it, then FF.
 *
 * @see ESP-IDF `components/partition_table/gen_esp32part.py`,
 *      `components/bootloader_support/include/esp_flash_partitions.h`
 */
export interface Partition {
  /** At most 16 bytes. */
  readonly label: string;
  /** 0 application, 1 data, 0x40 and above are the project's own. */
  readonly type: number;
  /** Of an application: 0 factory, 0x10… OTA. Of data: 0 OTA choice, 1 PHY, 2 NVS, … */
  readonly subtype: number;
  /** Where in the flash it starts and how long it is, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** Bit 0: encrypted, bit 1: read-only. */
  readonly flags: number;
}

export type PartitionTableDefect = 'magic' | 'md5' | 'end';

/** The bytes are no partition table: the row that is wrong and what is wrong with it. */
export class PartitionTableError extends Error {
  override readonly name = 'PartitionTableError';
  readonly defect: PartitionTableDefect;
  readonly row: number;
  /** The magic number that was read, as a little-endian number (the right one is 0x50aa). */
  readonly magic: number | undefined;

  constructor(defect: PartitionTableDefect, message: string, row: number, magic?: number) {
    super(message);
    this.defect = defect;
    this.row = row;
    this.magic = magic;
  }
}

export const PARTITION_TABLE_LENGTH = 0xc00;

const ROW_LENGTH = 32;
const MAX_ROWS = PARTITION_TABLE_LENGTH / ROW_LENGTH;
const MAGIC_PARTITION = 0x50aa;
const MAGIC_MD5 = 0xebeb;
const MAGIC_END = 0xffff;
const LABEL_AT = 12;
const LABEL_LENGTH = 16;
const MD5_AT = 16;

/** The table's 3072 bytes. */
export function serialisePartitionTable(partitions: readonly Partition[]): Buffer {
  if (partitions.length > MAX_ROWS - 2) {
    throw new RangeError(
      `A partition table has at most ${MAX_ROWS - 2} partitions, not ${partitions.length}`,
    );
  }
  const rows = Buffer.concat(partitions.map(serialiseRow));
  const table = Buffer.alloc(PARTITION_TABLE_LENGTH, 0xff);
  rows.copy(table);
  table.writeUInt16LE(MAGIC_MD5, rows.length);
  md5(rows).copy(table, rows.length + MD5_AT);
  return table;
}

/**
 * Reads the table at the start of `bytes` the way the bootloader does.
 *
 * @throws {@link PartitionTableError} when a row is none, the MD5 is wrong, or the table has no end.
 */
export function parsePartitionTable(bytes: Uint8Array): Partition[] {
  const table = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const partitions: Partition[] = [];
  for (let row = 0; row < MAX_ROWS && (row + 1) * ROW_LENGTH <= table.length; row++) {
    const entry = table.subarray(row * ROW_LENGTH, (row + 1) * ROW_LENGTH);
    const magic = entry.readUInt16LE(0);
    if (magic === MAGIC_PARTITION) {
      partitions.push(parseRow(entry));
    } else if (magic === MAGIC_MD5) {
      verifyMd5(table.subarray(0, row * ROW_LENGTH), entry.subarray(MD5_AT), row);
    } else if (magic === MAGIC_END && row > 0) {
      return partitions;
    } else {
      throw new PartitionTableError(
        'magic',
        `Partition ${row} has the invalid magic number 0x${magic.toString(16)}`,
        row,
        magic,
      );
    }
  }
  throw new PartitionTableError('end', 'The partition table has no end', partitions.length);
}

function serialiseRow(partition: Partition): Buffer {
  if (Buffer.byteLength(partition.label) > LABEL_LENGTH) {
    throw new RangeError(`A partition's label has at most ${LABEL_LENGTH} bytes, not "${partition.label}"`);
  }
  const row = Buffer.alloc(ROW_LENGTH);
  row.writeUInt16LE(MAGIC_PARTITION, 0);
  row[2] = partition.type;
  row[3] = partition.subtype;
  row.writeUInt32LE(partition.offset, 4);
  row.writeUInt32LE(partition.size, 8);
  row.write(partition.label, LABEL_AT, LABEL_LENGTH, 'utf8');
  row.writeUInt32LE(partition.flags, 28);
  return row;
}

function parseRow(row: Buffer): Partition {
  const label = row.subarray(LABEL_AT, LABEL_AT + LABEL_LENGTH);
  const end = label.indexOf(0);
  return {
    label: label.toString('utf8', 0, end < 0 ? LABEL_LENGTH : end),
    type: row[2] ?? 0,
    subtype: row[3] ?? 0,
    offset: row.readUInt32LE(4),
    size: row.readUInt32LE(8),
    flags: row.readUInt32LE(28),
  };
}

function verifyMd5(rows: Buffer, read: Buffer, row: number): void {
  const calculated = md5(rows);
  if (!calculated.equals(read)) {
    throw new PartitionTableError(
      'md5',
      `MD5 of the partition table is ${read.toString('hex')}, must be ${calculated.toString('hex')}`,
      row,
    );
  }
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}
