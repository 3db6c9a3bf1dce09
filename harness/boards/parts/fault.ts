import { UsageError } from '../../errors.ts';

/**
 * What a board can be made to suffer. A fault is one line of text, the same wherever it appears: on the command line, on the
 * board's standard input, in a spec and in the run record.
 */
export type Fault =
  | PlainFault
  | `${'boot-loop' | 'silent-uart'} ${'on' | 'off'}`
  | `access-point ${'lost' | 'back'}`
  | `loader ${LoaderFault}`
  | `garbage ${number}`
  | `clock-drift ${number}`;

type PlainFault =
  | 'panic'
  | 'abort'
  | 'task-watchdog'
  | 'interrupt-watchdog'
  | 'rtc-watchdog'
  | 'brownout'
  | 'reset'
  | 'hang'
  | 'unplug'
  | 'plug';

/** What can be wrong with the chip as its loader shows it; `healthy`: nothing any more. */
export const loaderFaults = [
  'healthy',
  'small-flash',
  'wrong-md5',
  'secure-boot',
  'flash-encryption',
  'other-chip',
  'slow-only',
] as const;
export type LoaderFault = (typeof loaderFaults)[number];

/** The first word of a fault: what a board may be capable of. */
export type FaultName = Fault extends infer F ? (F extends `${infer Name} ${string}` ? Name : F) : never;

interface FaultDescription {
  /** What stands after the name: words to choose from, or a whole number within bounds; absent: nothing. */
  readonly argument?:
    readonly string[] | { readonly name: string; readonly min: number; readonly max: number };
  /** What it does, for `--help`. */
  readonly effect: string;
}

const onOff = ['on', 'off'];

export const faultDescriptions: Readonly<Record<FaultName, FaultDescription>> = {
  panic: { effect: 'the program stops at a bad memory access: register dump, backtrace, restart' },
  abort: { effect: 'the program aborts: backtrace, restart' },
  'task-watchdog': { effect: 'no task has fed the task watchdog: it says so, aborts, restart' },
  'interrupt-watchdog': { effect: 'interrupts were off for too long: register dump, backtrace, restart' },
  'rtc-watchdog': { effect: 'the last watchdog bites: a restart without a word' },
  brownout: { effect: 'the supply voltage sags: one line, restart' },
  reset: { effect: 'EN goes low for a moment, whatever the chip is at: power-on reset' },
  hang: { effect: 'the CPU stands still until the next reset, and no watchdog bites' },
  'boot-loop': { argument: onOff, effect: 'the program panics at its start, at each boot' },
  'silent-uart': { argument: onOff, effect: 'nothing that the chip sends reaches the wire' },
  'access-point': { argument: ['lost', 'back'], effect: 'the access point in the air goes, or comes back' },
  loader: {
    argument: loaderFaults,
    effect:
      'the loader finds 256 KB of flash, lies about its MD5, finds secure boot (V1) or flash encryption burnt, is an ESP32-S2, or is deaf above 115200 Bd',
  },
  garbage: {
    argument: { name: 'BYTES', min: 1, max: 1_000_000 },
    effect: 'noise on the wire from the chip: so many bytes of any value, the same each time',
  },
  unplug: { effect: 'the USB cable is pulled: all doors are shut, and the power is gone' },
  plug: { effect: 'the USB cable is back: the doors open at the same addresses, and the chip boots' },
  'clock-drift': {
    argument: { name: 'PPM', min: -100_000, max: 100_000 },
    effect: "so much faster than the host's runs the chip's clock, from its next boot on",
  },
};

export const faultNames = Object.keys(faultDescriptions) as FaultName[];

/** A fault, taken apart. */
export interface FaultRequest {
  readonly name: FaultName;
  /** What stands after the name; empty where nothing does. */
  readonly argument: string;
}

/** @throws UsageError WRONG_FAULT */
export function parseFault(line: string): FaultRequest {
  const [name = '', argument = '', ...rest] = line.trim().split(/\s+/);
  if (!isFaultName(name)) {
    throw wrongFault(`There is no fault "${line.trim()}"`, `one of ${faultNames.join(', ')}`);
  }
  const usage = faultUsage(name);
  if (rest.length > 0 || !fits(argument, faultDescriptions[name].argument)) {
    throw wrongFault(`A fault is "${usage}", not "${line.trim()}"`, usage);
  }
  return { name, argument };
}

/** `boot-loop on|off` */
export function faultUsage(name: FaultName): string {
  const { argument } = faultDescriptions[name];
  if (argument === undefined) return name;
  return 'name' in argument ? `${name} ${argument.name}` : `${name} ${argument.join('|')}`;
}

function fits(text: string, argument: FaultDescription['argument']): boolean {
  if (argument === undefined) return text === '';
  if (!('name' in argument)) return argument.includes(text);
  return /^-?\d+$/.test(text) && Number(text) >= argument.min && Number(text) <= argument.max;
}

function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faultDescriptions, name);
}

function wrongFault(what: string, expected: string): UsageError {
  return new UsageError('WRONG_FAULT', { what, next: `ask for ${expected}` });
}
