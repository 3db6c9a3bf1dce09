import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FLASH_SIZE, FlashChip } from './flash-chip.ts';
import { checksumOf, Opcode } from './loader-protocol.ts';
import { Loader } from './loader.ts';
import { Registers } from './registers.ts';
import { encodeSlip, SlipDecoder } from './slip.ts';

let folder: string;
let flash: FlashChip;
let loader: Loader;
let frames: Buffer[];
let baudRate: number;
let booted: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loader-'));
  flash = FlashChip.open(join(folder, 'flash.bin'));
  frames = [];
  baudRate = 115200;
  booted = 0;
  const decoder = new SlipDecoder();
  loader = new Loader({
    flash,
    registers: new Registers('24:0a:0a:c4:12:34', { baudRate: () => baudRate, fault: () => 'healthy' }),
    fault: () => 'healthy',
    send: (bytes) => frames.push(...decoder.decode(bytes)),
    setBaudRate: (rate) => {
      baudRate = rate;
    },
    runApplication: () => booted++,
  });
});
afterEach(() => {
  loader[Symbol.dispose]();
  flash[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

const SYNC_DATA = Buffer.from(`07071220${'55'.repeat(32)}`, 'hex');
const OK_ROM = '00000000';
const OK_STUB = '0000';

function words(...values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => data.writeUInt32LE(value, index * 4));
  return data;
}

function request(opcode: number, data: Uint8Array, checksum = 0): Buffer {
  const header = Buffer.from([0, opcode, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16LE(data.length, 2);
  header.writeUInt32LE(checksum, 4);
  return Buffer.concat([header, data]);
}

/** Sends a frame and waits for `count` frames in answer. */
async function exchange(payload: Uint8Array, count = 1): Promise<Buffer[]> {
  frames.length = 0;
  loader.receive(encodeSlip(payload));
  await vi.waitFor(() => expect(frames.length).toBeGreaterThanOrEqual(count), {
    interval: 1,
    timeout: 10_000,
  });
  return [...frames];
}

async function ask(opcode: number, data: Uint8Array = Buffer.alloc(0), checksum = 0): Promise<Buffer> {
  const [answer] = await exchange(request(opcode, data, checksum));
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

/** What follows the 8 bytes of the answer's header, in hex. */
async function askHex(opcode: number, data?: Uint8Array, checksum?: number): Promise<string> {
  return (await ask(opcode, data, checksum)).toString('hex', 8);
}

function blockRequest(sequence: number, block: Uint8Array): readonly [Buffer, number] {
  return [Buffer.concat([words(block.length, sequence, 0, 0), block]), checksumOf(block)];
}

async function startStub(): Promise<void> {
  await exchange(request(Opcode.memEnd, words(0, 0x400a902c)), 2);
}

describe('ROM', () => {
  test('answers SYNC eight times', async () => {
    const answers = await exchange(request(Opcode.sync, SYNC_DATA), 8);
    expect(answers.map((answer) => answer.toString('hex'))).toEqual(
      Array.from({ length: 8 }, () => '010804000707122000000000'),
    );
  });

  test('answers an unknown opcode with the last known one, right after SYNC eight times', async () => {
    await exchange(request(Opcode.sync, SYNC_DATA), 8);
    const answers = await exchange(request(0x14, Buffer.alloc(0)), 8);
    expect(answers.map((answer) => answer.toString('hex'))).toEqual(
      Array.from({ length: 8 }, () => '010804000707122001050000'),
    );
    await ask(Opcode.readReg, words(0x40001000));
    expect((await ask(0x14)).toString('hex')).toBe('010a0400831df00001050000');
  });

  test.each([
    [0x40001000, 0x00f01d83],
    [0x3ff5a000, 0],
    [0x3ff5a004, 0x0ac41234],
    [0x3ff5a008, 0x00a3240a],
    [0x3ff5a00c, 0x0000a000],
    [0x3ff5a010, 0x000010b2],
    [0x3ff5a014, 0x00100000],
    [0x3ff6607c, 0x96042000],
    [0x3ff40014, 347],
    [0x12345678, 0],
  ])('register %i reads %i', async (address, value) => {
    expect((await ask(Opcode.readReg, words(address))).readUInt32LE(4)).toBe(value);
  });

  test('runs a command of the flash chip', async () => {
    const spi = 0x3ff42000;
    await ask(Opcode.writeReg, words(spi + 0x24, 0x7000009f, 0xffffffff, 0));
    await ask(Opcode.writeReg, words(spi, 1 << 18, 0xffffffff, 0));
    expect((await ask(Opcode.readReg, words(spi))).readUInt32LE(4)).toBe(0);
    expect((await ask(Opcode.readReg, words(spi + 0x80))).readUInt32LE(4)).toBe(0x1640c8);
  });

  test('writes blocks, in any order and twice', async () => {
    const file = randomBytes(0x800);
    flash.program(0x1f00, Buffer.alloc(0x200));
    expect(await askHex(Opcode.flashBegin, words(0x800, 2, 0x400, 0x2000))).toBe(OK_ROM);
    for (const sequence of [1, 0, 1]) {
      const block = file.subarray(sequence * 0x400, sequence * 0x400 + 0x400);
      expect(await askHex(Opcode.flashData, ...blockRequest(sequence, block))).toBe(OK_ROM);
    }
    expect(flash.read(0x2000, 0x800).equals(file)).toBe(true);
    expect(flash.read(0x1f00, 0x100).equals(Buffer.alloc(0x100))).toBe(true);
  });

  test('inflates one stream over several blocks, one of which is sent twice', async () => {
    const file = Buffer.concat([randomBytes(0x3000), Buffer.alloc(0x9000, 0x55)]);
    const stream = deflateSync(file, { level: 9 });
    const blocks = Math.ceil(stream.length / 0x400);
    await ask(Opcode.flashDeflBegin, words(file.length, blocks, 0x400, 0x10000));
    for (let sequence = 0; sequence < blocks; sequence++) {
      const block = stream.subarray(sequence * 0x400, (sequence + 1) * 0x400);
      for (let time = 0; time < (sequence === 3 ? 2 : 1); time++) {
        expect(await askHex(Opcode.flashDeflData, ...blockRequest(sequence, block))).toBe(OK_ROM);
      }
    }
    expect(flash.read(0x10000, file.length).equals(file)).toBe(true);
  });

  test('gives the MD5 as text', async () => {
    const md5 = createHash('md5').update(Buffer.alloc(0x1000, 0xff)).digest('hex');
    const answer = await ask(Opcode.spiFlashMd5, words(0x3000, 0x1000, 0, 0));
    expect(answer.toString('latin1', 8, 40)).toBe(md5);
    expect(answer.toString('hex', 40)).toBe(OK_ROM);
  });

  test('reads 64 bytes at a time', async () => {
    flash.program(0x5000, Buffer.from('slowly'));
    const answer = await ask(Opcode.readFlashSlow, words(0x5000, 6));
    expect(answer.toString('latin1', 8, 14)).toBe('slowly');
    expect(answer.length).toBe(8 + 64 + 4);
  });

  test('changes its baud rate after the answer', async () => {
    expect(await askHex(Opcode.changeBaudRate, words(921600, 0))).toBe(OK_ROM);
    expect(baudRate).toBe(921600);
  });

  test.each([0, 1])('leaves the loader on FLASH_END %i', async (stay) => {
    await ask(Opcode.flashEnd, words(stay));
    expect(booted).toBe(1);
  });

  describe('refuses', () => {
    const block = Buffer.alloc(0x400, 0x42);
    const begin = (): Promise<Buffer> => ask(Opcode.flashBegin, words(0x400, 1, 0x400, 0x2000));

    test('data without a begin', async () => {
      expect(await askHex(Opcode.flashData, ...blockRequest(0, block))).toBe('01050000');
    });

    test('a wrong checksum, and writes nothing', async () => {
      await begin();
      const [data, checksum] = blockRequest(0, block);
      expect(await askHex(Opcode.flashData, data, checksum ^ 1)).toBe('01070000');
      expect(flash.read(0x2000, 1)[0]).toBe(0xff);
    });

    test('a length field that lies', async () => {
      const payload = request(Opcode.readReg, words(0x40001000));
      payload.writeUInt16LE(8, 2);
      const [answer] = await exchange(payload);
      expect(answer?.toString('hex', 8)).toBe('01050000');
    });

    test('a block behind the end of the flash', async () => {
      await ask(Opcode.flashBegin, words(0x400, 1, 0x400, FLASH_SIZE - 0x200));
      expect(await askHex(Opcode.flashData, ...blockRequest(0, block))).toBe('01080000');
    });

    test('what is no zlib stream', async () => {
      await ask(Opcode.flashDeflBegin, words(0x1000, 1, 0x400, 0x2000));
      expect(await askHex(Opcode.flashDeflData, ...blockRequest(0, block))).toBe('010b0000');
    });

    test('a zlib stream with a wrong checksum', async () => {
      const stream = deflateSync(Buffer.from('contents'));
      stream[stream.length - 1] = (stream[stream.length - 1] ?? 0) ^ 1;
      await ask(Opcode.flashDeflBegin, words(0x1000, 1, 0x400, 0x2000));
      expect(await askHex(Opcode.flashDeflData, ...blockRequest(0, stream))).toBe('010c0000');
    });

    test('to read more than 64 bytes', async () => {
      expect(await askHex(Opcode.readFlashSlow, words(0, 65))).toBe('010a0000');
    });

    test("the stub's commands", async () => {
      await ask(Opcode.readReg, words(0));
      expect((await ask(Opcode.eraseFlash)).toString('hex')).toBe('010a04000000000001050000');
    });
  });

  test('ignores what is no request', async () => {
    loader.receive(Buffer.from('E (123) noise\r\n', 'latin1'));
    loader.receive(encodeSlip(Buffer.from('01080000', 'hex')));
    expect(await askHex(Opcode.readReg, words(0x40001000))).toBe(OK_ROM);
    expect(frames).toHaveLength(1);
  });

  test('says nothing more once it is stopped', async () => {
    loader.receive(encodeSlip(request(Opcode.readReg, words(0))));
    loader[Symbol.dispose]();
    await new Promise(setImmediate);
    expect(frames).toEqual([]);
  });
});

describe('stub', () => {
  test('takes an upload, greets, and follows its own rules', async () => {
    const code = randomBytes(0x100);
    expect(await askHex(Opcode.memBegin, words(0x100, 1, 0x1800, 0x400a8000))).toBe(OK_ROM);
    expect(await askHex(Opcode.memData, ...blockRequest(0, code))).toBe(OK_ROM);
    const [answer, greeting] = await exchange(request(Opcode.memEnd, words(0, 0x400a902c)), 2);
    expect(answer?.toString('hex', 8)).toBe(OK_ROM);
    expect(greeting?.toString('latin1')).toBe('OHAI');
    expect(await askHex(Opcode.spiSetParams, words(0, FLASH_SIZE, 65536, 4096, 256, 0xffff))).toBe(OK_STUB);
  });

  test('answers SYNC with value 0', async () => {
    await startStub();
    const [answer] = await exchange(request(Opcode.sync, SYNC_DATA), 8);
    expect(answer?.toString('hex')).toBe('01080200000000000000');
  });

  test('answers an unknown opcode with it and reason FF', async () => {
    await startStub();
    expect((await ask(0x14)).toString('hex')).toBe('011402000000000001ff');
  });

  test('gives the MD5 as bytes', async () => {
    await startStub();
    const md5 = createHash('md5').update(Buffer.alloc(16, 0xff)).digest('hex');
    expect(await askHex(Opcode.spiFlashMd5, words(0, 16, 0, 0))).toBe(md5 + OK_STUB);
  });

  test('erases', async () => {
    await startStub();
    flash.program(0, Buffer.alloc(0x4000));
    expect(await askHex(Opcode.eraseRegion, words(0x1000, 0x1000))).toBe(OK_STUB);
    expect([0, 0x1000, 0x2000].map((at) => flash.read(at, 1)[0])).toEqual([0, 0xff, 0]);
    expect(await askHex(Opcode.eraseFlash)).toBe(OK_STUB);
    expect(flash.read(0, 0x4000).equals(Buffer.alloc(0x4000, 0xff))).toBe(true);
  });

  test('sends flash contents in blocks, no more in flight than asked for, and their MD5', async () => {
    await startStub();
    const contents = randomBytes(0x2800);
    flash.program(0x7000, contents);
    const [answer, ...first] = await exchange(request(Opcode.readFlash, words(0x7000, 0x2800, 0x1000, 2)), 3);
    expect(answer?.toString('hex', 8)).toBe(OK_STUB);
    expect(first).toHaveLength(2);
    const [last] = await exchange(words(0x1000));
    await exchange(words(0x2000), 0);
    const [md5] = await exchange(words(0x2800));
    expect(Buffer.concat([...first, ...(last ? [last] : [])]).equals(contents)).toBe(true);
    expect(md5).toEqual(createHash('md5').update(contents).digest());
  });

  test('stays in the loader when it is told to', async () => {
    await startStub();
    expect(await askHex(Opcode.flashDeflEnd, words(1))).toBe(OK_STUB);
    expect(booted).toBe(0);
    await ask(Opcode.flashEnd, words(0));
    expect(booted).toBe(1);
  });
});
