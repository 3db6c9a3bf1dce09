import { encodeSubnegotiation, telnetOption } from './telnet.ts';

/**
 * The COM-PORT-OPTION: how a client commands a serial port over Telnet.
 * A server answers with the command's code + 100. @see RFC 2217 section 3
 */
export const comPortCommand = {
  SIGNATURE: 0,
  SET_BAUDRATE: 1,
  SET_DATASIZE: 2,
  SET_PARITY: 3,
  SET_STOPSIZE: 4,
  SET_CONTROL: 5,
  NOTIFY_LINESTATE: 6,
  NOTIFY_MODEMSTATE: 7,
  FLOWCONTROL_SUSPEND: 8,
  FLOWCONTROL_RESUME: 9,
  SET_LINESTATE_MASK: 10,
  SET_MODEMSTATE_MASK: 11,
  PURGE_DATA: 12,
} as const;

/** Values of SET-CONTROL. */
export const comPortControl = {
  ASK_FLOW: 0,
  FLOW_NONE: 1,
  FLOW_XON_XOFF: 2,
  FLOW_RTS_CTS: 3,
  ASK_BREAK: 4,
  BREAK_ON: 5,
  BREAK_OFF: 6,
  ASK_DTR: 7,
  DTR_ON: 8,
  DTR_OFF: 9,
  ASK_RTS: 10,
  RTS_ON: 11,
  RTS_OFF: 12,
} as const;

/** Values of PURGE-DATA. */
export const comPortPurge = { RECEIVED: 1, TO_SEND: 2, BOTH: 3 } as const;

/** Bits of the modem-state byte; its low nibble holds "changed" bits. */
export const modemState = { CTS: 0x10, DSR: 0x20, RI: 0x40, DCD: 0x80 } as const;

/** What to add to a command's code for the server's answer. */
export const serverOffset = 100;

/** One message of the COM-PORT-OPTION: a command and its value. */
export interface ComPortMessage {
  readonly command: number;
  readonly value: Buffer;
}

/** The bytes of one message; a server adds {@link serverOffset} to the command itself. */
export function encodeComPort(command: number, value: Buffer | readonly number[]): Buffer {
  return encodeSubnegotiation(telnetOption.COM_PORT, Buffer.from([command, ...value]));
}

/** The message in a sub-negotiation's value; undefined when it is empty. */
export function parseComPort(value: Buffer): ComPortMessage | undefined {
  const command = value[0];
  return command === undefined ? undefined : { command, value: value.subarray(1) };
}

/** A baud rate as the wire has it: 32 bits, big-endian. */
export function encodeBaudRate(baudRate: number): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(baudRate);
  return value;
}

/** A baud rate from the wire; 0 when there is none in it. */
export function parseBaudRate(value: Buffer): number {
  return value.length >= 4 ? value.readUInt32BE(0) : 0;
}
