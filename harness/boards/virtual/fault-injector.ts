import { BenchError } from '../../errors.ts';
import type { Door } from '../parts/doors/door.ts';
import { parseFault, type Fault, type FaultName, type LoaderFault } from '../parts/fault.ts';
import type { Chip } from './chip/chip.ts';

/** What a fault does. @returns false when nothing was there that it could hit. */
type Effect = (argument: string) => boolean | Promise<boolean>;

/** Makes things go wrong on a virtual board, each where it would: in the program, the chip, the wire, the plug. */
export class FaultInjector {
  readonly #effects: Readonly<Record<FaultName, Effect>>;

  constructor(chip: Chip, doors: readonly Door[]) {
    const { uart } = chip;
    this.#effects = {
      panic: () => chip.suffer('panic'),
      abort: () => chip.suffer('abort'),
      'task-watchdog': () => chip.suffer('task-watchdog'),
      'interrupt-watchdog': () => chip.suffer('interrupt-watchdog'),
      hang: () => chip.suffer('hang'),
      'rtc-watchdog': () => chip.restart('other-watchdog'),
      brownout: () => chip.restart('brownout', '\r\nBrownout detector was triggered\r\n\r\n'),
      reset: () => chip.restart('power-on'),
      'boot-loop': (argument) => {
        chip.panicsAtStart = argument === 'on';
        return true;
      },
      'silent-uart': (argument) => {
        uart.silent = argument === 'on';
        return true;
      },
      'access-point': (argument) => {
        chip.switchAccessPoint(argument === 'back');
        return true;
      },
      loader: (argument) => {
        chip.loaderFault = argument as LoaderFault;
        return true;
      },
      garbage: (argument) => {
        uart.send(noise(Number(argument)));
        return true;
      },
      'clock-drift': (argument) => {
        chip.clockPpm = Number(argument);
        return true;
      },
      unplug: async () => {
        if (!chip.hasPower) return false;
        chip.powerOff();
        await Promise.all(doors.map((door) => door.shut()));
        return true;
      },
      plug: async () => {
        if (chip.hasPower) return false;
        await Promise.all(doors.map((door) => door.reopen()));
        chip.powerOn();
        return true;
      },
    };
  }

  /** @throws UsageError WRONG_FAULT, BenchError FAULT_WITHOUT_VICTIM; whatever a door says that can't be opened again. */
  async inject(fault: Fault): Promise<void> {
    const { name, argument } = parseFault(fault);
    if (await this.#effects[name](argument)) return;
    throw new BenchError('FAULT_WITHOUT_VICTIM', {
      what: `The fault "${fault}" hits nothing: ${name === 'plug' ? 'the board is plugged in' : 'the board has no power, is held in reset or runs no program'}`,
      next: 'ask for it when there is something to hit',
    });
  }
}

/** Bytes of any value, NUL and line ends among them; the same each time (Numerical Recipes' generator). */
function noise(length: number): Buffer {
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24;
  return Buffer.from(Array.from({ length }, next));
}
