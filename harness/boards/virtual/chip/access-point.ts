import { UsageError } from '../../../errors.ts';

/** The Wi-Fi network that the radio of a virtual board hears. */
export interface AccessPoint {
  readonly ssid: string;
  /** Absent: an open network. */
  readonly password?: string;
  /** Whether a station gets an address. */
  readonly dhcp: boolean;
  /** So many times shorter than on a chip are scans, handshakes and DHCP. */
  readonly haste: number;
}

/**
 * The access point that the environment describes: `VB_AP_SSID` (absent: none), `VB_AP_PASSWORD`, `VB_AP_DHCP`,
 * `VB_WIFI_HASTE`. Not options of a command: those are in the list of processes, which a password must not be in.
 *
 * @throws UsageError WRONG_USAGE
 */
export function readAccessPoint(env: NodeJS.ProcessEnv): AccessPoint | undefined {
  const {
    VB_AP_SSID: ssid,
    VB_AP_PASSWORD: password,
    VB_AP_DHCP: dhcp = '1',
    VB_WIFI_HASTE: haste = '1',
  } = env;
  if (ssid === undefined) return undefined;
  if (ssid === '' || Buffer.byteLength(ssid) > 32) throw wrongVariable('VB_AP_SSID', '1 to 32 bytes', ssid);
  if (dhcp !== '0' && dhcp !== '1') throw wrongVariable('VB_AP_DHCP', '0 or 1', dhcp);
  if (!/^[1-9]\d{0,2}$/.test(haste))
    throw wrongVariable('VB_WIFI_HASTE', 'a whole number from 1 to 999', haste);
  return {
    ssid,
    ...(password !== undefined && password !== '' && { password }),
    dhcp: dhcp === '1',
    haste: Number(haste),
  };
}

/** The variables again, for the program that is the board's CPU. */
export function describeAccessPoint(accessPoint: AccessPoint | undefined): NodeJS.ProcessEnv {
  if (accessPoint === undefined) return {};
  return {
    VB_AP_SSID: accessPoint.ssid,
    VB_AP_PASSWORD: accessPoint.password ?? '',
    VB_AP_DHCP: accessPoint.dhcp ? '1' : '0',
    VB_WIFI_HASTE: String(accessPoint.haste),
  };
}

function wrongVariable(name: string, expected: string, received: string): UsageError {
  return new UsageError('WRONG_USAGE', {
    what: `${name} must be ${expected}, got "${received}"`,
    next: 'correct it in the environment, or leave it out',
  });
}
