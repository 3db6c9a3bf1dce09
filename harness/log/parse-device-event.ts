import type { SerialLine } from '../record/events.ts';
import { parseBootLine } from './boot-lines.ts';
import { parseClientLine } from './client-lines.ts';
import { parseCrashLine } from './crash-lines.ts';
import type { DeviceEvent } from './device-event.ts';
import type { FirmwareLineParser } from './firmware-lines.ts';
import { parseLogLine, stripColours } from './log-line.ts';
import { parseWifiLine } from './wifi-lines.ts';

/**
 * What one console line says; `undefined` when it says nothing that the harness understands.
 *
 * Never throws: a console carries garbage, half lines and other people's output. A line of ours that is cut or
 * damaged says nothing, rather than something wrong. A payload of more than 16 bytes takes several lines:
 * {@link DeviceEventReader} joins them.
 *
 * @param parseFirmwareLine - understands the lines of the firmware itself; by default those of our client
 */
export function parseDeviceEvent(
  line: SerialLine,
  parseFirmwareLine: FirmwareLineParser = parseClientLine,
): DeviceEvent | undefined {
  // Cut by the reader: numbers at its end may have lost digits.
  if (line.truncated) return undefined;
  const logLine = parseLogLine(line.text);
  const text = stripColours(line.text);
  const statement =
    (logLine && (parseFirmwareLine(logLine) ?? parseWifiLine(logLine))) ??
    parseBootLine(text, logLine) ??
    parseCrashLine(text, logLine);
  return statement && { ...statement, hostNs: line.hostNs };
}
