import type { HostNs } from '../time/clock.ts';
import type { ClientStart, DeviceEvent, RomBoot } from './device-event.ts';
import { isCrash, type Crash } from './crash.ts';

/** The life of a device from one reset to the next. */
export interface Boot {
  /** Counts the boots of a log from 0. */
  readonly index: number;
  /** Host time of its first event. */
  readonly fromNs: HostNs;
  /** The ROM's words; absent when the log began later or the line was lost. */
  readonly rom?: RomBoot;
  /** What the image running says it is; a field is absent until it is printed. */
  readonly identity: AppIdentity;
  /** The IPv4 address it printed last. */
  readonly address?: string;
  readonly start?: ClientStart;
  /** Why it died, the first cause first; empty for a healthy boot. */
  readonly crashes: readonly Crash[];
  readonly events: readonly DeviceEvent[];
}

/** Who runs, as the boot log tells. */
export interface AppIdentity {
  readonly projectName?: string;
  readonly version?: string;
  readonly idfVersion?: string;
  /** First digits of the ELF's SHA-256, lower case. */
  readonly elfSha256Prefix?: string;
}

/** The boots of a log, in order. Events before the first reset make a boot of their own. */
export function splitBoots(events: Iterable<DeviceEvent>): Boot[] {
  const boots: Boot[] = [];
  for (const event of events) addToBoots(boots, event);
  return boots;
}

/** Adds one event to the boot it belongs to, the last one or a new one. */
export function addToBoots(boots: Boot[], event: DeviceEvent): void {
  const last = boots.at(-1);
  if (last === undefined || beginsBoot(event, last)) {
    const boot: Boot = { index: boots.length, fromNs: event.hostNs, identity: {}, crashes: [], events: [] };
    boots.push(withEvent(boot, event));
  } else {
    boots[last.index] = withEvent(last, event);
  }
}

/** A lost `rst:` line must not hide a reset: what is said once a boot, said again, begins a new one. */
function beginsBoot(event: DeviceEvent, boot: Boot): boolean {
  if (event.kind === 'rom-boot' || event.kind === 'scheduler-start') return true;
  if (event.kind === 'bootloader') return boot.events.some(({ kind }) => kind !== 'rom-boot');
  return event.kind === 'client-start' && boot.start !== undefined;
}

function withEvent(boot: Boot, event: DeviceEvent): Boot {
  // Appended in place: the boot is ours until it is handed out, and copying would cost n² over a long run.
  (boot.events as DeviceEvent[]).push(event);
  if (isCrash(event)) return { ...boot, crashes: [...boot.crashes, event] };
  if (event.kind === 'rom-boot') return { ...boot, rom: event };
  if (event.kind === 'ip-address') return { ...boot, address: event.address };
  if (event.kind === 'client-start') return { ...boot, start: event };
  return { ...boot, identity: { ...identify(event), ...boot.identity } };
}

/** What an event tells of the image running. What was said first stands: the panic handler says it again. */
function identify(event: DeviceEvent): AppIdentity {
  if (event.kind === 'project-name') return { projectName: event.projectName };
  if (event.kind === 'app-version') return { version: event.version };
  if (event.kind === 'idf-version') return { idfVersion: event.idfVersion };
  if (event.kind === 'elf-sha256') return { elfSha256Prefix: event.prefixHex };
  return {};
}
