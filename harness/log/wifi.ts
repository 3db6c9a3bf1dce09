import type { DeviceEvent, WifiDisconnected } from './device-event.ts';

/** Why a board is without network, as far as its log tells. */
export interface WifiFault {
  /**
   * `not-found`: no access point of that name. `refused`: the password, most likely. `other-security`: one of the two has a
   * password and the other has none. `no-address`: connected, but DHCP gave nothing. `failed`: anything else.
   */
  readonly kind: 'not-found' | 'refused' | 'other-security' | 'no-address' | 'failed';
  /** The network's name; absent when the log didn't tell it. */
  readonly ssid?: string;
  /** The reason that was told last, and its name; absent when none was told, as by older versions of ESP-IDF. */
  readonly reason?: { readonly code: number; readonly name: string };
  /** How often the station failed to connect. */
  readonly failures: number;
  /** The station has stopped to try: nothing more will come. */
  readonly gaveUp: boolean;
}

/** Names and kinds of the reasons that a station fails for. @see ESP-IDF esp_wifi_types_generic.h, wifi_err_reason_t */
const reasons: Readonly<Record<number, readonly [name: string, kind: WifiFault['kind']]>> = {
  2: ['AUTH_EXPIRE', 'failed'],
  4: ['DISASSOC_DUE_TO_INACTIVITY', 'failed'],
  5: ['ASSOC_TOOMANY', 'failed'],
  8: ['ASSOC_LEAVE', 'failed'],
  14: ['MIC_FAILURE', 'refused'],
  15: ['4WAY_HANDSHAKE_TIMEOUT', 'refused'],
  23: ['802_1X_AUTH_FAILED', 'refused'],
  200: ['BEACON_TIMEOUT', 'failed'],
  201: ['NO_AP_FOUND', 'not-found'],
  202: ['AUTH_FAIL', 'refused'],
  203: ['ASSOC_FAIL', 'failed'],
  204: ['HANDSHAKE_TIMEOUT', 'refused'],
  205: ['CONNECTION_FAIL', 'refused'],
  210: ['NO_AP_FOUND_W_COMPATIBLE_SECURITY', 'other-security'],
  211: ['NO_AP_FOUND_IN_AUTHMODE_THRESHOLD', 'other-security'],
  212: ['NO_AP_FOUND_IN_RSSI_THRESHOLD', 'not-found'],
};

/** The reasons for which a station leaves by its own will: the firmware's doing. */
const ownWill = [3, 8];

/** A connection that has ended, and not by the board's own will. */
export function isWifiLoss(event: DeviceEvent): event is WifiDisconnected {
  return event.kind === 'wifi-disconnected' && !ownWill.includes(event.reason ?? 0);
}

/** `reason 200, BEACON_TIMEOUT` */
export function nameWifiReason(code: number | undefined): string {
  return code === undefined ? 'no reason told' : `reason ${code}, ${reasons[code]?.[0] ?? 'unknown'}`;
}

/** Why the board whose boot told these events has no network; `undefined` when it has one, or when it is not for its Wi-Fi. */
export function findWifiFault(events: readonly DeviceEvent[]): WifiFault | undefined {
  let ssid: string | undefined;
  let dropped: number | undefined;
  let failures: (number | undefined)[] = [];
  let isConnected = false;
  let gaveUp = false;
  for (const event of events) {
    if (event.kind === 'wifi-connecting' || event.kind === 'wifi-connected') ssid = event.ssid;
    if (event.kind === 'wifi-connected') isConnected = true;
    if (event.kind === 'wifi-dropped') dropped = event.reason;
    if (event.kind === 'ip-address') {
      failures = [];
      isConnected = false;
    }
    if (event.kind === 'wifi-disconnected' || event.kind === 'wifi-gave-up') {
      failures.push((event.kind === 'wifi-disconnected' ? event.reason : undefined) ?? dropped);
      dropped = undefined;
      isConnected = false;
      gaveUp = event.kind === 'wifi-gave-up';
    }
  }
  const told = failures.filter((reason) => reason !== undefined);
  const known = { failures: failures.length, gaveUp, ...(ssid !== undefined && { ssid }) };
  if (isConnected) return { kind: 'no-address', ...known };
  if (failures.length === 0) return undefined;
  // An access point that has once answered is there, whatever a later scan missed.
  const code = told.findLast((reason) => reasons[reason]?.[1] !== 'not-found') ?? told.at(-1);
  // A scan that finds nothing leaves no trace where reasons are not told.
  if (code === undefined) return { kind: 'not-found', ...known };
  const [name, kind] = reasons[code] ?? ['unknown', 'failed'];
  return { kind, reason: { code, name }, ...known };
}
