/** The client's own lines, as docs/architecture.md lists them. */
import type { DeviceUs } from '../time/clock.ts';
import type { Statement } from './device-event.ts';
import type { LogLine } from './log-line.ts';

/** Tag of all lines of the client. */
export const clientTag = 'Client';
const SEED_SEND_FAILED = /^Error occured during sending: errno (\d+)$/;
const SEED_CREATE_FAILED = /^Unable to create socket: errno (\d+)$/;
const ADDRESS_REFUSED = /^address_refused text="(.*)"$/;
const HEX_DUMP = /^(?:[0-9a-f]{2} ){0,15}[0-9a-f]{2} ?$/i;

/** What a line of the client says; `undefined` when it isn't the client's or not one of its events. */
export function parseClientLine({ tag, message, deviceMs }: LogLine): Statement | undefined {
  if (tag !== clientTag) return undefined;
  switch (message.trimEnd()) {
    case 'Socket created':
      return { kind: 'socket-created' };
    case 'Shutting down socket and restarting...':
      return { kind: 'socket-restarting' };
    case 'waiting for the server address on stdin':
      return { kind: 'waiting-for-address' };
  }
  if (HEX_DUMP.test(message)) {
    const bytesHex = message.replaceAll(' ', '').toLowerCase();
    return { kind: 'payload-dump', bytesHex, ...(deviceMs !== undefined && { deviceMs }) };
  }
  const sendFailed = SEED_SEND_FAILED.exec(message);
  if (sendFailed !== null) return { kind: 'send-failed', errno: Number(sendFailed[1]) };
  const createFailed = SEED_CREATE_FAILED.exec(message);
  if (createFailed !== null) return { kind: 'socket-create-failed', errno: Number(createFailed[1]) };
  const refused = ADDRESS_REFUSED.exec(message)?.[1];
  if (refused !== undefined) return { kind: 'address-refused', text: refused };
  return parseKeyValueLine(message);
}

/** `event key=value key=value`; keys that a later firmware adds are no reason to miss the event. */
function parseKeyValueLine(message: string): Statement | undefined {
  const [event = '', ...pairs] = message.trimEnd().split(' ');
  // A damaged pair would make the rest of the line doubtful, too.
  if (!pairs.every((pair) => /^[a-z_]+=\S*$/.test(pair))) return undefined;
  const fields = new Fields(pairs);
  switch (event) {
    case 'start': {
      const periodMs = fields.count('period_ms');
      const host = fields.text('host');
      const port = fields.count('port');
      const payloadLength = fields.count('payload_len');
      if (periodMs === undefined || host === undefined || port === undefined || payloadLength === undefined) {
        return undefined;
      }
      return { kind: 'client-start', periodMs, host, port, payloadLength };
    }
    case 'sent': {
      const seq = fields.count('seq');
      const atUs = fields.deviceUs('at_us');
      return seq === undefined || atUs === undefined ? undefined : { kind: 'sent', seq, atUs };
    }
    case 'ack': {
      const seq = fields.count('seq');
      const atUs = fields.deviceUs('at_us');
      const rttUs = fields.count('rtt_us');
      const open = fields.count('open');
      if (seq === undefined || atUs === undefined || rttUs === undefined || open === undefined)
        return undefined;
      return { kind: 'ack', seq, atUs, rttUs, open };
    }
    case 'ack_number': {
      const number = fields.count('seq');
      return number === undefined ? undefined : { kind: 'ack-number', number };
    }
    case 'heap': {
      const freeBytes = fields.count('free_bytes');
      return freeBytes === undefined ? undefined : { kind: 'heap', freeBytes };
    }
    case 'reply_unexpected': {
      const length = fields.count('len');
      return length === undefined ? undefined : { kind: 'reply-unexpected', length };
    }
    case 'receive_failed': {
      const errno = fields.count('errno');
      const errnoName = fields.text('name');
      if (errno === undefined) return undefined;
      return { kind: 'receive-failed', errno, ...(errnoName !== undefined && { errnoName }) };
    }
    default:
      return undefined;
  }
}

class Fields {
  readonly #values: ReadonlyMap<string, string>;

  constructor(pairs: readonly string[]) {
    this.#values = new Map(
      pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
  }

  text(key: string): string | undefined {
    return this.#values.get(key);
  }

  /** A whole number of 0 or more. */
  count(key: string): number | undefined {
    const value = this.#values.get(key);
    if (value === undefined || !/^\d+$/.test(value)) return undefined;
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : undefined;
  }

  deviceUs(key: string): DeviceUs | undefined {
    return this.count(key) as DeviceUs | undefined;
  }
}
