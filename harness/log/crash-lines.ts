/**
 * What the device says when it dies. Printed by the panic handler, mostly without a log prefix.
 *
 * @see ESP-IDF `components/esp_system/panic.c`, `task_wdt/task_wdt.c`; docs/en/api-guides/fatal-errors.rst
 */
import type { Statement } from './device-event.ts';
import type { LogLine } from './log-line.ts';

const GURU_MEDITATION = /Guru Meditation Error: Core\s+(\d+) panic'ed \((.*?)\s*\)/;
const ABORT = /abort\(\) was called at PC (0x[0-9a-f]+)(?: on core (\d+))?/i;
const ASSERT = /assert failed: (.*\S)/;
/** Newlib's wording, from before v4.4. */
const OLD_ASSERT = /assertion (".*failed: .*\S)/;
const ERROR_CHECK = /ESP_ERROR_CHECK failed: (.*\S)/;
const STACK_OVERFLOW = [
  /A stack overflow in task (.*\S) has been detected/,
  /Stack canary watchpoint triggered \(([^)]*?)\s*\)/,
  /Detected in task "([^"]*)"/,
];
/** What a board says whose chip is a program of this host, when that has gone (`boards/program/`). */
const PROGRAM_ENDED = /^program_board: (the program .*\S)/;
const HEAP_CORRUPT = /CORRUPT HEAP: .*\S/;
const REGISTERS = /^(?:PC|MEPC)\s*: (0x[0-9a-f]{8})(?:\s+RA\s*: (0x[0-9a-f]{8}))?/i;
const BACKTRACE = /^Backtrace: ?((?:\s*0x[0-9a-f]{8,16}:0x[0-9a-f]{8,16})+)/i;
const PANIC_ELF_SHA256 = /^ELF file SHA256: ([0-9a-f]+)\s*$/i;

/** What a line of a crash says; `undefined` when it is none. */
export function parseCrashLine(text: string, logLine: LogLine | undefined): Statement | undefined {
  if (logLine?.tag === 'task_wdt' && logLine.message.startsWith('Task watchdog got triggered')) {
    return { kind: 'watchdog', watchdog: 'task' };
  }
  return parseCause(text) ?? parseDump(text);
}

function parseCause(text: string): Statement | undefined {
  const panic = GURU_MEDITATION.exec(text);
  if (panic !== null) {
    const [, core, reason = ''] = panic;
    return reason.startsWith('Interrupt wdt timeout')
      ? { kind: 'watchdog', watchdog: 'interrupt', core: Number(core) }
      : { kind: 'panic', reason, core: Number(core) };
  }
  const ended = PROGRAM_ENDED.exec(text)?.[1];
  if (ended !== undefined) return { kind: 'panic', reason: ended };
  const abort = ABORT.exec(text);
  if (abort !== null) {
    const [, programCounter, core] = abort;
    return {
      kind: 'abort',
      programCounter: Number(programCounter),
      ...(core !== undefined && { core: Number(core) }),
    };
  }
  const failed = (ASSERT.exec(text) ?? OLD_ASSERT.exec(text) ?? ERROR_CHECK.exec(text))?.[1];
  if (failed !== undefined) return { kind: 'assert-failed', message: failed };
  for (const overflow of STACK_OVERFLOW) {
    const task = overflow.exec(text)?.[1];
    if (task !== undefined) return { kind: 'stack-overflow', task };
  }
  if (text.includes('Stack smashing protect failure!')) return { kind: 'stack-overflow' };
  const corrupt = HEAP_CORRUPT.exec(text)?.[0];
  if (corrupt !== undefined) return { kind: 'heap-corruption', message: corrupt };
  if (text.includes('Brownout detector was triggered')) return { kind: 'brownout' };
  return undefined;
}

function parseDump(text: string): Statement | undefined {
  const registers = REGISTERS.exec(text);
  if (registers !== null) {
    const [, programCounter, returnAddress] = registers;
    return {
      kind: 'crash-registers',
      programCounter: Number(programCounter),
      ...(returnAddress !== undefined && { returnAddress: Number(returnAddress) }),
    };
  }
  const backtrace = BACKTRACE.exec(text)?.[1];
  if (backtrace !== undefined) {
    const frames = backtrace
      .trim()
      .split(/\s+/)
      .map((frame) => {
        const [programCounter, stackPointer] = frame.split(':');
        return { programCounter: Number(programCounter), stackPointer: Number(stackPointer) };
      });
    return { kind: 'backtrace', frames, corrupted: text.includes('CORRUPTED') };
  }
  const prefixHex = PANIC_ELF_SHA256.exec(text)?.[1];
  if (prefixHex !== undefined) return { kind: 'elf-sha256', prefixHex: prefixHex.toLowerCase() };
  if (/^Rebooting\.\.\.\s*$/.test(text)) return { kind: 'rebooting' };
  if (/^CPU halted\.\s*$/.test(text)) return { kind: 'halted' };
  return undefined;
}
