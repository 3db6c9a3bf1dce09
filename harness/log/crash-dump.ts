import type { Boot } from './boot.ts';
import type { Crash } from './crash.ts';
import type { DeviceEvent } from './device-event.ts';

/** What a device left of a crash: why it died, and where it was. */
export interface CrashDump {
  /** The first cause that it told. */
  readonly cause: Crash;
  /**
   * Where it was, innermost call first: addresses of its program, each within the call and not the one to return to. Empty
   * when it told none, as after a brownout.
   */
  readonly addresses: readonly number[];
  /** First digits of the SHA-256 of the ELF that the addresses belong to; absent when it told none. */
  readonly elfSha256Prefix?: string;
  /** Whether the panic handler came to its end, so that nothing more will follow. */
  readonly complete: boolean;
}

/** The crash that ended a boot; `undefined` when none did. */
export function crashDumpOf({ crashes, events, identity }: Boot): CrashDump | undefined {
  const [cause] = crashes;
  if (cause === undefined) return undefined;
  const told = events.slice(events.indexOf(cause));
  const { elfSha256Prefix } = identity;
  return {
    cause,
    addresses: addressesOf(told).filter((address) => address > 0),
    // ESP-IDF v3 prints zeros in place of what it doesn't know.
    ...(elfSha256Prefix !== undefined && /[^0]/.test(elfSha256Prefix) && { elfSha256Prefix }),
    complete: told.some(({ kind }) => kind === 'rebooting' || kind === 'halted'),
  };
}

/**
 * Xtensa chips print a backtrace, whose addresses are within the calls already. Chips with RISC-V print registers and a piece
 * of the stack: where the CPU was and who had called that, or in front of these who had called abort().
 *
 * @see ESP-IDF `components/esp_system/port/arch/xtensa/debug_helpers.c`, `…/arch/riscv/panic_arch.c`
 */
function addressesOf(told: readonly DeviceEvent[]): readonly number[] {
  const backtrace = told.find((event) => event.kind === 'backtrace');
  if (backtrace !== undefined) return backtrace.frames.map(({ programCounter }) => programCounter);
  const abort = told.find((event) => event.kind === 'abort')?.programCounter;
  if (abort !== undefined) return [abort];
  const registers = told.find((event) => event.kind === 'crash-registers');
  if (registers === undefined) return [];
  const { programCounter, returnAddress } = registers;
  // The shortest call has two bytes.
  return returnAddress === undefined ? [programCounter] : [programCounter, returnAddress - 2];
}
