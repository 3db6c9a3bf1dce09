import { BenchError } from '../errors.ts';
import type { Boot } from '../log/boot.ts';
import type { WifiDisconnected } from '../log/device-event.ts';
import { findWifiFault, nameWifiReason, type WifiFault } from '../log/wifi.ts';
import type { SerialLine } from '../record/events.ts';

/** What bears on the board's way into its network, and on what became of the board when there was none. */
const telling = /wifi:|example_connect:|ESP_ERROR_CHECK failed|abort\(\) was called|rst:0x/;
const evidenceLines = 8;

/** For how long it was waited; absent when there was no point in waiting on. */
interface Waited {
  readonly waitingFor: string;
  readonly timeoutMs?: number;
}

/**
 * The network around a board is the bench's, and so is a board's failure to get into it, whatever the firmware makes of it:
 * ESP-IDF's examples abort and boot again. `undefined` when the board told of no such failure.
 */
export function diagnoseWifi(
  boot: Boot,
  lines: readonly SerialLine[],
  { waitingFor, timeoutMs }: Waited,
): BenchError | undefined {
  const fault = findWifiFault(boot.events);
  if (fault === undefined) return undefined;
  const { code, what, next } = describe(fault);
  const within = timeoutMs === undefined ? '' : ` within ${timeoutMs / 1000} s`;
  return new BenchError(code, {
    what: `No ${waitingFor}${within}: ${what}`,
    evidence: tellingOf(lines),
    next,
  });
}

/** The undisturbed observation needs a network that is not disturbed either. */
export function wifiLost({ reason }: WifiDisconnected, lines: readonly SerialLine[]): BenchError {
  return new BenchError('WIFI_LOST', {
    what: `The board lost its access point during the undisturbed observation (${nameWifiReason(reason)})`,
    evidence: tellingOf(lines),
    next: 'check the access point, the distance to it, and what else is on its channel; then try again',
  });
}

function tellingOf(lines: readonly SerialLine[]): string[] {
  return lines
    .map(({ text }) => text)
    .filter((text) => telling.test(text))
    .slice(-evidenceLines);
}

const credentials = 'HIL_WIFI_SSID and HIL_WIFI_PASSWORD, hil.secrets.json, or menuconfig';

function describe(fault: WifiFault): { readonly code: string; readonly what: string; readonly next: string } {
  const name = fault.ssid === undefined ? '' : ` "${fault.ssid}"`;
  const told = describeReason(fault);
  switch (fault.kind) {
    case 'not-found':
      return {
        code: 'WIFI_NOT_FOUND',
        what: `the board finds no access point${name} (${told})`,
        next: `check the network's name (${credentials}), and that the access point is on, in reach and on 2.4 GHz`,
      };
    case 'refused':
      return {
        code: 'WIFI_REFUSED',
        what: `the access point${name} does not let the board in (${told}): most likely, the password is wrong`,
        next: `check the password (${credentials})`,
      };
    case 'other-security':
      return {
        code: 'WIFI_SECURITY',
        what: `the access point${name} has another kind of security than the board was told (${told})`,
        next: `give a password where the network has one, and none where it is open (${credentials})`,
      };
    case 'no-address':
      return {
        code: 'WIFI_NO_ADDRESS',
        what: `the board is connected to${name === '' ? ' its access point' : name}, and gets no IPv4 address there`,
        next: 'check the DHCP server of that network: is it on, are there free addresses, does it know this board?',
      };
    case 'failed':
      return {
        code: 'WIFI_FAILED',
        what: `the board does not get into its network${name} (${told})`,
        next: 'check the access point, and the distance to it; its own log may tell more',
      };
  }
}

/** `reason 201, NO_AP_FOUND, 7 times, then it gave up` */
function describeReason({ reason, failures, gaveUp }: WifiFault): string {
  const times = failures === 1 ? 'once' : `${failures} times`;
  return `${nameWifiReason(reason?.code)}, ${times}${gaveUp ? ', then it gave up' : ''}`;
}
