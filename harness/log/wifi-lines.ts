/**
 * What the Wi-Fi driver and the connection helper of ESP-IDF's examples say.
 *
 * @see ESP-IDF `examples/common_components/protocol_examples_common/wifi_connect.c`
 */
import type { Statement } from './device-event.ts';
import type { LogLine } from './log-line.ts';

/** Leaving a state for `init`, the driver prints `reason << 8`, and below it the frame that brought the end. */
const DROPPED = /^state: \w+ -> init \((?:0x)?([0-9a-f]+)\)/;
const CONNECTED = /^connected with (.*), aid = \d+,/;
const CONNECTING = /^Connecting to (.*)\.\.\.$/;
/** Without the reason in older versions of ESP-IDF. */
const DISCONNECTED = /^Wi-Fi disconnected,? ?(\d+)?, trying to reconnect\.\.\./;
const GAVE_UP = /^WiFi Connect failed (\d+) times, stop reconnect\./;

/** What a line says of the board's Wi-Fi; `undefined` when it says nothing of it. */
export function parseWifiLine({ tag, message }: LogLine): Statement | undefined {
  if (tag === 'wifi') return parseDriver(message);
  return tag === 'example_connect' ? parseExample(message) : undefined;
}

function parseDriver(message: string): Statement | undefined {
  const code = DROPPED.exec(message)?.[1];
  // Reason 0: the station itself has left.
  const reason = code === undefined ? 0 : parseInt(code, 16) >> 8;
  if (reason > 0) return { kind: 'wifi-dropped', reason };
  const ssid = CONNECTED.exec(message)?.[1];
  return ssid === undefined ? undefined : { kind: 'wifi-connected', ssid };
}

function parseExample(message: string): Statement | undefined {
  const ssid = CONNECTING.exec(message)?.[1];
  if (ssid !== undefined) return { kind: 'wifi-connecting', ssid };
  const disconnected = DISCONNECTED.exec(message);
  if (disconnected !== null) {
    const [, reason] = disconnected;
    return { kind: 'wifi-disconnected', ...(reason !== undefined && { reason: Number(reason) }) };
  }
  const attempts = GAVE_UP.exec(message)?.[1];
  return attempts === undefined ? undefined : { kind: 'wifi-gave-up', attempts: Number(attempts) };
}
