/**
 * Requests and responses of the loader in an ESP chip's ROM and of esptool's flasher stub.
 *
 *     request   00 opcode length(2) checksum(4) data
 *     response  01 opcode length(2) value(4)    data status        (length counts data + status)
 *
 * All numbers are little-endian.
 *
 * @see https://docs.espressif.com/projects/esptool/en/latest/esp32/advanced-topics/serial-protocol.html
 */
export const Opcode = {
  flashBegin: 0x02,
  flashData: 0x03,
  flashEnd: 0x04,
  memBegin: 0x05,
  memEnd: 0x06,
  memData: 0x07,
  sync: 0x08,
  writeReg: 0x09,
  readReg: 0x0a,
  spiSetParams: 0x0b,
  spiAttach: 0x0d,
  readFlashSlow: 0x0e,
  changeBaudRate: 0x0f,
  flashDeflBegin: 0x10,
  flashDeflData: 0x11,
  flashDeflEnd: 0x12,
  spiFlashMd5: 0x13,
  // The stub only:
  eraseFlash: 0xd0,
  eraseRegion: 0xd1,
  readFlash: 0xd2,
  runUserCode: 0xd3,
} as const;

/** Why a request was refused: the second byte of the status. esptool prints these in words. */
export const Refusal = {
  malformed: 0x05,
  failed: 0x06,
  checksum: 0x07,
  flashWrite: 0x08,
  flashRead: 0x09,
  readLength: 0x0a,
  inflate: 0x0b,
  adler: 0x0c,
  notImplemented: 0xff,
} as const;

/** Thrown by a command that refuses its request. */
export class LoaderRefusal extends Error {
  readonly reason: number;

  constructor(reason: number) {
    super(`Refused with reason 0x${reason.toString(16)}`);
    this.reason = reason;
  }
}

export interface Request {
  readonly opcode: number;
  readonly checksum: number;
  readonly data: Buffer;
  /** False when the length field disagrees with the data. */
  readonly wellFormed: boolean;
}

export interface Response {
  readonly opcode: number;
  readonly value: number;
  readonly data?: Uint8Array;
  /** `undefined`: the request succeeded. */
  readonly refusal: number | undefined;
  /** The ROM of the ESP32 answers with 4 bytes of status, the stub with 2. */
  readonly statusLength: 2 | 4;
}

const HEADER_LENGTH = 8;
const REQUEST = 0x00;
const RESPONSE = 0x01;

/** Reads a frame's payload; `undefined` when it is no request. */
export function parseRequest(payload: Buffer): Request | undefined {
  if (payload.length < HEADER_LENGTH || payload[0] !== REQUEST) return undefined;
  const data = payload.subarray(HEADER_LENGTH);
  return {
    opcode: payload.readUInt8(1),
    checksum: payload.readUInt32LE(4),
    data,
    wellFormed: payload.readUInt16LE(2) === data.length,
  };
}

/** The payload of the frame that carries the response. */
export function serialiseResponse({ opcode, value, data, refusal, statusLength }: Response): Buffer {
  const dataLength = data?.length ?? 0;
  const payload = Buffer.alloc(HEADER_LENGTH + dataLength + statusLength);
  payload[0] = RESPONSE;
  payload[1] = opcode;
  payload.writeUInt16LE(dataLength + statusLength, 2);
  payload.writeUInt32LE(value, 4);
  if (data !== undefined) payload.set(data, HEADER_LENGTH);
  if (refusal !== undefined) payload.set([1, refusal], HEADER_LENGTH + dataLength);
  return payload;
}

/** XOR over a block, as MEM_DATA, FLASH_DATA and FLASH_DEFL_DATA carry it. */
export function checksumOf(block: Uint8Array): number {
  let checksum = 0xef;
  for (const byte of block) checksum ^= byte;
  return checksum;
}
