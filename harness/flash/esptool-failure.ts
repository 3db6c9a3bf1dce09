import { BenchError, type HilError } from '../errors.ts';
import { explainOpenFailure } from '../serial/open-failure.ts';
import { parsePortAddress } from '../serial/port-address.ts';
import { noAnswer, type NoAnswer } from './no-answer.ts';

/** What esptool left when it failed, by itself or under `idf.py`, whose exit codes tell nothing. */
export interface FailedEsptool {
  /** Standard output and error, together. */
  readonly output: string;
  /** Path or URL of the serial port. */
  readonly path: string;
  /** Everything that was printed. */
  readonly logFile: string;
}

/** One way to fail: how it is recognised and what is told. */
interface Failure {
  readonly pattern: RegExp;
  readonly explain: (match: RegExpExecArray, failed: FailedEsptool) => HilError | Promise<HilError>;
}

const shownLines = 6;

/** In order: the first that is recognised is told, so causes come before what follows from them. */
const failures: readonly Failure[] = [
  {
    pattern: /Could not open (\S+), the port is busy or doesn't exist\.?\s*\(?([^\n]*)/,
    explain: async ([, , reason = ''], { path }) => await explainUnopened(path, reason),
  },
  {
    pattern: /This chip is (\S+?),? not (\S+?)\. Wrong (?:--)?chip argument\?/,
    explain: ([line, found = '', wanted = ''], { path }) =>
      new BenchError('FLASH_WRONG_CHIP', {
        what: `The board has an ${found}, and the build is for an ${wanted}`,
        where: path,
        evidence: [line],
        next: `build for it (--target ${found.toLowerCase().replaceAll('-', '')}), or choose the port of an ${wanted} board`,
      }),
  },
  {
    pattern: /[^\n]*(?:Use --force to flash anyway|Unexpected chip id in image)[^\n]*/,
    explain: ([line], { path }) =>
      new BenchError('FLASH_WRONG_CHIP', {
        what: "The board's chip is another one than the build is for",
        where: path,
        evidence: [line],
        next: 'build for the chip of the board (--target), or choose another port',
      }),
  },
  {
    pattern: /Secure Boot (?:V\d )?detected[^\n]*|[^\n]*Secure Download Mode[^\n]*/i,
    explain: ([line], { path }) =>
      new BenchError('FLASH_SECURE_BOOT', {
        what: 'The board is locked: it runs signed images only, and protects its bootloader',
        where: path,
        evidence: [line],
        next: 'use a development board without secure boot: a run flashes what was just built, unsigned',
      }),
  },
  {
    pattern: /Detected flash encryption[^\n]*/i,
    explain: ([line], { path }) =>
      new BenchError('FLASH_ENCRYPTED', {
        what: "The board's flash is encrypted: a plain image would not boot from it",
        where: path,
        evidence: [line],
        next: 'use a development board without flash encryption',
      }),
  },
  {
    pattern: /File '?([^\n]*?)'? \(length (\d+)\) at offset (\w+) will not fit in (\d+) bytes of flash/,
    explain: ([, file = '', length = '', offset = '', bytes = ''], { path }) =>
      new BenchError('FLASH_TOO_SMALL', {
        what:
          `${file} (${length} bytes at 0x${Number(offset).toString(16)}) does not fit into the board's flash ` +
          `of ${Number(bytes) / 1024} KiB`,
        where: path,
        next: 'set the flash size of the board in menuconfig, or make the partitions smaller',
      }),
  },
  {
    pattern: /MD5 of file does not match data in flash|Verification failed|the written flash region is empty/,
    explain: (_, { output, path }) =>
      new BenchError('FLASH_MD5_MISMATCH', {
        what: 'The flash does not hold what was written',
        where: path,
        evidence: [...output.matchAll(/^.*\bmd5: .*$/gim)].map(([line]) => line),
        next: 'try again at a lower baud rate; if it stays, the flash chip is worn out or write-protected',
      }),
  },
  {
    pattern:
      /serial exception error occurred: ?([^\n]*)|(device reports readiness to read but returned no data[^\n]*|\[Errno 5\][^\n]*|socket disconnected|\[Errno 19\][^\n]*|Connection reset by peer|Lost connection, retrying)/i,
    explain: ([, first, second], { path, output }) =>
      new BenchError('PORT_LOST', {
        what: `The serial port was lost while ${stageOf(output)}`,
        where: path,
        evidence: [first ?? second ?? ''],
        next: 'check cable and power of the board, then flash again: what was written so far may be incomplete',
      }),
  },
  {
    pattern: /Failed to connect to [^:\n]*: ?([^\n]*)/,
    explain: ([line, reason = ''], { path }) => noAnswer(path, noAnswerOf(reason), [line]),
  },
  {
    pattern:
      /Timed out waiting for packet[^\n]*|Invalid head of packet[^\n]*|Packet content transfer stopped[^\n]*|Serial data stream stopped[^\n]*|No (?:serial data received|more data to read)[^\n]*|Failed to (?:write|enter|start|calculate|leave)[^\n]*|Invalid SLIP escape[^\n]*|Write timeout/,
    explain: ([line], { path, output }) =>
      new BenchError('FLASH_TIMEOUT', {
        what: `The loader was understood no more while ${stageOf(output)}`,
        where: path,
        evidence: [line],
        next: 'try again at a lower baud rate (flashBaudRate in the bench file); check cable and power of the board',
      }),
  },
];

/** An error that names the cause of the failure, with the line that shows it. */
export async function explainEsptoolFailure(failed: FailedEsptool): Promise<HilError> {
  // esptool wraps what it prints, here and there, at the width of a terminal.
  const oneLine = failed.output.replaceAll(/[ \t]*\n[ \t]*(?=\S)/g, '\n');
  for (const { pattern, explain } of failures) {
    const match = pattern.exec(oneLine);
    if (match !== null) return await explain(match, failed);
  }
  return new BenchError('FLASH_FAILED', {
    what: 'Flashing failed, and the output does not tell why in words that are known here',
    where: failed.path,
    evidence: oneLine
      .split(/[\r\n]+/)
      .filter((line) => line.trim() !== '')
      .slice(-shownLines),
    next: `read ${failed.logFile}`,
  });
}

async function explainUnopened(path: string, reason: string): Promise<BenchError> {
  const cause = new Error(reason.replace(/\)$/, ''));
  if (parsePortAddress(path).kind === 'device') return await explainOpenFailure(path, cause);
  return new BenchError(/refused/i.test(reason) ? 'PORT_REFUSED' : 'PORT_UNREACHABLE', {
    what: 'The serial server could not be used',
    where: path,
    evidence: [cause.message],
    next: 'check that it runs, and that it has no other client; its log may say more',
  });
}

function noAnswerOf(reason: string): NoAnswer {
  const bootMode = /Wrong boot mode detected \(0x([0-9a-f]+)\)/i.exec(reason)?.[1];
  if (bootMode !== undefined) return { kind: 'wrong-boot-mode', bootMode };
  if (/TX path seems to be down/i.test(reason)) return { kind: 'does-not-hear' };
  if (/Invalid head of packet/i.test(reason)) return { kind: 'app-is-talking' };
  return { kind: 'silent' };
}

/** What esptool was at, by the last it had announced. */
function stageOf(output: string): string {
  const writing = [...output.matchAll(/Writing at (0x[0-9a-f]+)/g)].at(-1)?.[1];
  if (writing !== undefined) return `writing at ${writing}`;
  if (output.includes('Changing baud rate') && !output.includes('Changed.')) return 'changing the baud rate';
  if (/Stub (?:flasher )?running/.test(output)) return 'preparing the flash';
  return 'connecting to the loader';
}
