import type {
  Abort,
  AssertFailed,
  Brownout,
  DeviceEvent,
  HeapCorruption,
  Panic,
  StackOverflow,
  Watchdog,
} from './device-event.ts';

/** A cause of death. One crash may state several, e.g. an assertion and the abort that follows from it. */
export type Crash = Panic | Abort | AssertFailed | Watchdog | Brownout | StackOverflow | HeapCorruption;

const CRASH_KINDS: ReadonlySet<DeviceEvent['kind']> = new Set<Crash['kind']>([
  'panic',
  'abort',
  'assert-failed',
  'watchdog',
  'brownout',
  'stack-overflow',
  'heap-corruption',
]);

export function isCrash(event: DeviceEvent): event is Crash {
  return CRASH_KINDS.has(event.kind);
}

/** The crash in a few words, for the first line of a report: `panic on core 1: StoreProhibited`. */
export function describeCrash(crash: Crash): string {
  switch (crash.kind) {
    case 'panic':
      return `panic${onCore(crash.core)}: ${crash.reason}`;
    case 'abort':
      return crash.programCounter === undefined
        ? `abort()${onCore(crash.core)}`
        : `abort() called at PC 0x${crash.programCounter.toString(16)}${onCore(crash.core)}`;
    case 'assert-failed':
      return `failed check: ${crash.message}`;
    case 'watchdog':
      return `${crash.watchdog} watchdog triggered${onCore(crash.core)}`;
    case 'brownout':
      return 'brownout: the supply voltage fell below its limit';
    case 'stack-overflow':
      return crash.task === undefined ? 'stack overflow' : `stack overflow in task ${crash.task}`;
    case 'heap-corruption':
      return `heap corruption: ${crash.message}`;
  }
}

function onCore(core: number | undefined): string {
  return core === undefined ? '' : ` on core ${core}`;
}
