import { BenchError, DutError, type ErrorStory, type HilError } from '../errors.ts';
import type { Boot } from '../log/boot.ts';
import { describeCall } from '../log/call-stack.ts';
import type { CrashReport } from '../record/crash-report.ts';
import type { SerialLine } from '../record/events.ts';
import { elapsedMs } from '../time/clock.ts';

/** A board that ended its work without being asked to. */
export interface Demise {
  /** Its boots since the reset that the bench made, the first one being the one that was waited on; at least one. */
  readonly boots: readonly [Boot, ...Boot[]];
  /** Whether any of them came as far as to send something. */
  readonly hasWorked: boolean;
  /** Its last crash; absent when it told of none. */
  readonly crash: CrashReport | undefined;
  /** Console lines since the reset. */
  readonly lines: readonly SerialLine[];
}

/** So many boots that end before anything was sent are a loop; two may be one mishap and its repetition. */
export const loopBoots = 3;

/** Reset reasons that no firmware can bring about, as the ROMs of the chips name them. */
const fromOutside = /^(POWERON|EXT_|USB_UART_CHIP|USB_JTAG_CHIP|CHIP_POWER_ON|POWER_GLITCH|PWR_GLITCH)/;

/**
 * Why did the board end its work? The first of these that fits is the cause, and the others are its consequences:
 *
 * 1. it found nothing that it could boot,
 * 2. its supply failed, or somebody else reset it: the bench's fault,
 * 3. it is in a boot loop,
 * 4. it crashed,
 * 5. it restarted without a word.
 */
export function diagnoseDemise(demise: Demise): HilError {
  const { boots, hasWorked, crash, lines } = demise;
  const isLoop = !hasWorked && boots.length >= loopBoots;
  const loop = `${boots.length} boots in ${seconds(elapsedMs(boots[0].fromNs, lines.at(-1)?.hostNs))}`;
  const reason = boots[1]?.rom?.resetReasonName;
  const tell = (what: string, next: string): ErrorStory => ({
    what: `The board ${what}`,
    evidence: evidenceOf(demise),
    next,
    ...(crash && { crash }),
  });

  const refused = boots.flatMap(({ events }) => events).find(({ kind }) => kind === 'bootloader-error');
  const isRunning = boots.some(({ identity }) => identity.elfSha256Prefix !== undefined);
  if (refused?.kind === 'bootloader-error' && !isRunning) {
    return new DutError(
      'DUT_NOT_BOOTABLE',
      tell(
        `finds nothing that it can boot: "${refused.message}"${isLoop ? `, ${loop}` : ''}`,
        'flash a build that is complete; see serial.log',
      ),
    );
  }
  const kinds = boots.flatMap(({ crashes }) => crashes.slice(0, 1)).map(({ kind }) => kind);
  if (kinds.includes('brownout')) {
    return new BenchError(
      'BOARD_BROWNOUT',
      tell(
        `browned out: its supply voltage fell below its limit${isLoop ? `, ${loop}` : ''}`,
        'use another cable or plug, or a hub with a supply of its own',
      ),
    );
  }
  if (crash === undefined && reason !== undefined && fromOutside.test(reason)) {
    return new BenchError(
      'BOARD_RESET_FROM_OUTSIDE',
      tell(
        `was reset by its EN line or its supply, which no firmware can do: ${reason}`,
        'see that no other program opens its port, and that its supply holds',
      ),
    );
  }
  const at = crash?.blamed === undefined ? '' : ` in ${describeCall(crash.blamed)}`;
  if (isLoop) {
    const each = crash === undefined ? `each by ${reason ?? 'an unknown reason'}` : `${crash.cause}${at}`;
    return new DutError(
      'DUT_BOOT_LOOP',
      tell(`is in a boot loop: ${loop}, none of which sent anything: ${each}`, nextOf(crash)),
    );
  }
  if (crash !== undefined) {
    const after = `${seconds(crash.afterMs)} after its reset`;
    return new DutError('DUT_CRASHED', tell(`crashed ${after}: ${crash.cause}${at}`, nextOf(crash)));
  }
  return new DutError(
    'DUT_REBOOTED',
    tell(`reset by itself: ${reason ?? 'reason unknown'}`, 'see what it did before, in serial.log'),
  );
}

function nextOf(crash: CrashReport | undefined): string {
  return crash?.obstacle === undefined
    ? 'look at the calls and lines above; the whole console is in serial.log of the run record'
    : `to see the functions behind these addresses: ${crash.obstacle}`;
}

/** The call stack, then the board's own words: the last ones before the end, and the first ones of it. */
function evidenceOf({ boots: [boot, next], crash, lines }: Demise): string[] {
  if (crash === undefined) {
    const atNs = next?.fromNs ?? Infinity;
    const before = lines.filter(({ hostNs }) => hostNs < atNs).slice(-6);
    const after = lines.filter(({ hostNs }) => hostNs >= atNs).slice(0, 3);
    return [...before, ...after].map(({ text }) => text);
  }
  const stack = crash.calls.map((call, depth) => `#${depth} ${describeCall(call)}`);
  const guess = crash.guess === undefined ? [] : [`(who called #0 is a guess: ${crash.guess})`];
  const addresses = crash.addresses === undefined ? [] : [`calls: ${crash.addresses.join(' ')}`];
  const atNs = boot.crashes[0]?.hostNs ?? 0;
  const words = lines.filter(({ hostNs }) => hostNs >= atNs).map(({ text }) => text);
  // What the calls say better need not be read in numbers.
  const dumpAt = stack.length === 0 ? 12 : words.findIndex((text) => text.trim() === '');
  return [...stack, ...guess, ...addresses, ...crash.lastLines, ...words.slice(0, dumpAt < 1 ? 4 : dumpAt)];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
