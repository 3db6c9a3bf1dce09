import { BenchError, UsageError } from '../errors.ts';
import { runTool } from '../process/run-tool.ts';

/** How a chip is emulated by QEMU. @see ESP-IDF tools/idf_py_actions/qemu_ext.py */
export interface EmulatedMachine {
  /** As QEMU calls it, and ESP-IDF calls the target. */
  readonly name: string;
  readonly command: string;
  /** Arguments that let its ROM enter the loader: the strapping pins. */
  readonly loaderArgs: readonly string[];
  /** Its hardware watchdogs, which a busy host would let bite. */
  readonly watchdog: string;
}

const machines: readonly EmulatedMachine[] = [
  {
    name: 'esp32',
    command: 'qemu-system-xtensa',
    loaderArgs: ['-global', 'driver=esp32.gpio,property=strap_mode,value=0x0f'],
    watchdog: 'timer.esp32.timg',
  },
  {
    name: 'esp32c3',
    command: 'qemu-system-riscv32',
    loaderArgs: ['-global', 'driver=esp32c3.gpio,property=strap_mode,value=0x02'],
    watchdog: 'timer.esp32c3.timg',
  },
];

/** @throws UsageError WRONG_TARGET when no machine emulates it. */
export function machineFor(target: string): EmulatedMachine {
  const machine = machines.find(({ name }) => name === target);
  if (machine !== undefined) return machine;
  throw new UsageError('WRONG_TARGET', {
    what: `QEMU emulates no ${target} here`,
    next: `choose one of ${machines.map(({ name }) => name).join(', ')} (--target)`,
  });
}

export interface MachineParts {
  /** The contents of its flash chip. */
  readonly flashFile: string;
  /** Its network card, as QEMU's `-nic` takes it. */
  readonly network: string;
}

/** Arguments that run a chip with these parts, its UART on standard input and output. */
export function machineArgs(
  { name, watchdog }: EmulatedMachine,
  { flashFile, network }: MachineParts,
): string[] {
  return [
    ...['-machine', name, '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ...['-drive', `file=${flashFile},if=mtd,format=raw`],
    ...['-global', `driver=${watchdog},property=wdt_disable,value=true`],
    ...['-nic', network],
  ];
}

/**
 * Whether the emulator is there and knows this machine.
 *
 * @throws BenchError EMULATOR_MISSING when there is none, or one without Espressif's machines.
 */
export async function requireEmulator(
  { command, name }: EmulatedMachine,
  signal?: AbortSignal,
): Promise<void> {
  let known: string;
  try {
    known = (await runTool({ command, args: ['-machine', 'help'], signal, timeoutMs: 20_000 })).stdout;
  } catch (error) {
    if (!(error instanceof BenchError && error.code === 'TOOL_MISSING')) throw error;
    throw missingError(`There is no ${command} in PATH`, error);
  }
  if (!new RegExp(`^${name}\\s`, 'm').test(known)) {
    throw missingError(`This ${command} knows no machine "${name}": it is not Espressif's`);
  }
}

function missingError(what: string, cause?: unknown): BenchError {
  return new BenchError('EMULATOR_MISSING', {
    what,
    next: "install Espressif's QEMU (`python $IDF_PATH/tools/idf_tools.py install qemu-riscv32 qemu-xtensa`) and run ESP-IDF's export.sh again",
    cause,
  });
}
