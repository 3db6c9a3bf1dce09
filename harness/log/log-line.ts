/** Level letter of an ESP-IDF log line: error, warning, info, debug, verbose. */
export type LogLevel = 'E' | 'W' | 'I' | 'D' | 'V';

/** A line that the device printed through ESP-IDF's log library. */
export interface LogLine {
  readonly level: LogLevel;
  /**
   * The number in the prefix. By default it advances in FreeRTOS ticks (10 ms at 100 Hz), jumps back during boot
   * and does not start at 0: good for telling lines apart, never for timing. Absent when the firmware was built
   * without log timestamps or with wall-clock ones.
   */
  readonly deviceMs?: number;
  readonly tag: string;
  readonly message: string;
}

// eslint-disable-next-line no-control-regex -- the escape character is what we look for
const ANSI_SEQUENCE = /\x1b\[[0-9;]*[A-Za-z]/g;

/** A tag holds no colon and no bracket, or a cut line and its successor would read as one odd tag. */
const TAG = String.raw`[^:()[\]\s](?:[^:()[\]]*[^:()[\]\s])?`;
const STAMPED = new RegExp(String.raw`([EWIDV]) \(([0-9][0-9:.\- ]*)\) (${TAG}): ?(.*)$`);
const UNSTAMPED = new RegExp(String.raw`^([EWIDV]) (${TAG}): (.*)$`);

/**
 * Splits an ESP-IDF log line into level, tag and message, with or without colours.
 *
 * What stands before the prefix is dropped: a reset leaves half a line without an end on the wire, and a UART
 * that starts leaves garbage.
 *
 * @returns `undefined` for everything that has no such prefix: ROM output, register dumps, `printf`.
 * @see ESP-IDF `components/log`: `esp_log.h` (LOG_FORMAT) and, for log v2, `src/log_format_text.c`
 */
export function parseLogLine(text: string): LogLine | undefined {
  const plain = stripColours(text);
  const stamped = STAMPED.exec(plain);
  if (stamped !== null) {
    const [, level, stamp = '', tag = '', message = ''] = stamped;
    const deviceMs = /^[0-9]+$/.test(stamp) ? Number(stamp) : undefined;
    return { level: level as LogLevel, ...(deviceMs !== undefined && { deviceMs }), tag, message };
  }
  const unstamped = UNSTAMPED.exec(plain);
  if (unstamped === null) return undefined;
  const [, level, tag = '', message = ''] = unstamped;
  return { level: level as LogLevel, tag, message };
}

/** The text without ANSI colour sequences. */
export function stripColours(text: string): string {
  return text.replace(ANSI_SEQUENCE, '');
}
