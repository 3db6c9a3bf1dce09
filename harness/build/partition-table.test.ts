import { describe, expect, test } from 'vitest';
import { parsePartitionTable, PartitionTableError, serialisePartitionTable } from './partition-table.ts';

/** ESP-IDF's "single factory app, no OTA". */
const partitions = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x6000, flags: 0 },
  { label: 'phy_init', type: 1, subtype: 1, offset: 0xf000, size: 0x1000, flags: 0 },
  { label: 'factory', type: 0, subtype: 0, offset: 0x10000, size: 0x100000, flags: 0 },
];

function errorOf(bytes: Uint8Array): PartitionTableError {
  try {
    parsePartitionTable(bytes);
  } catch (error) {
    if (error instanceof PartitionTableError) return error;
    throw error;
  }
  throw new Error('the table was accepted');
}

describe('serialisePartitionTable', () => {
  test('writes the rows that gen_esp32part.py writes', () => {
    const table = serialisePartitionTable(partitions);
    expect(table.length).toBe(0xc00);
    expect(table.toString('hex', 0, 32)).toBe(
      'aa50' + '01' + '02' + '00900000' + '00600000' + '6e767300000000000000000000000000' + '00000000',
    );
    expect(table.toString('hex', 96, 112)).toBe('ebeb' + 'ff'.repeat(14));
    // The MD5 in the row of every ESP-IDF build with this table.
    expect(table.toString('hex', 112, 128)).toBe('f4ad4f4538564b5d7435b62c75b69524');
    expect(table.subarray(128).every((byte) => byte === 0xff)).toBe(true);
  });

  test('refuses a label of 17 bytes', () => {
    const unnameable = partitions.map((partition) => ({ ...partition, label: 'x'.repeat(17) }));
    expect(() => serialisePartitionTable(unnameable)).toThrow(RangeError);
  });
});

describe('parsePartitionTable', () => {
  test('reads back what was written', () => {
    expect(parsePartitionTable(serialisePartitionTable(partitions))).toEqual(partitions);
  });

  test('finds no table in erased flash', () => {
    expect(errorOf(Buffer.alloc(0xc00, 0xff))).toMatchObject({ defect: 'magic', row: 0, magic: 0xffff });
  });

  test('tells a changed row by the MD5', () => {
    const table = serialisePartitionTable(partitions);
    table[36] = 0x12;
    expect(errorOf(table)).toMatchObject({ defect: 'md5', row: 3 });
  });

  test('tells a row that is none', () => {
    const table = serialisePartitionTable(partitions);
    table.writeUInt16LE(0x1234, 32);
    expect(errorOf(table)).toMatchObject({ defect: 'magic', row: 1, magic: 0x1234 });
  });

  test('tells a table without an end', () => {
    expect(errorOf(serialisePartitionTable(partitions).subarray(0, 128)).defect).toBe('end');
  });
});
