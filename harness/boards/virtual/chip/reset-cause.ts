/** Why the chip starts anew. */
export type ResetCause =
  | 'power-on'
  | 'software'
  | 'panic'
  | 'interrupt-watchdog'
  | 'task-watchdog'
  | 'other-watchdog'
  | 'deep-sleep'
  | 'brownout'
  /** The bootloader gave up. */
  | 'bootloader'
  /** The ROM found nothing to run and its watchdog bit. */
  | 'rom-watchdog';

interface CauseNames {
  /** As the ROM's banner has it. */
  readonly rom: string;
  /** `esp_reset_reason_t` */
  readonly espReason: number;
}

/**
 * A panic, a task watchdog and a brownout end in the firmware's own restart, so the ROM sees the CPU reset by software.
 *
 * @see ESP-IDF `components/esp_rom/esp32/include/esp32/rom/rtc.h` (RESET_REASON), `esp_system.h` (esp_reset_reason_t)
 */
const CAUSES: Readonly<Record<ResetCause, CauseNames>> = {
  'power-on': { rom: 'rst:0x1 (POWERON_RESET)', espReason: 1 },
  software: { rom: 'rst:0xc (SW_CPU_RESET)', espReason: 3 },
  panic: { rom: 'rst:0xc (SW_CPU_RESET)', espReason: 4 },
  'interrupt-watchdog': { rom: 'rst:0xc (SW_CPU_RESET)', espReason: 5 },
  'task-watchdog': { rom: 'rst:0xc (SW_CPU_RESET)', espReason: 6 },
  'other-watchdog': { rom: 'rst:0x10 (RTCWDT_RTC_RESET)', espReason: 7 },
  'deep-sleep': { rom: 'rst:0x5 (DEEPSLEEP_RESET)', espReason: 8 },
  brownout: { rom: 'rst:0xc (SW_CPU_RESET)', espReason: 9 },
  bootloader: { rom: 'rst:0x3 (SW_RESET)', espReason: 3 },
  'rom-watchdog': { rom: 'rst:0x10 (RTCWDT_RTC_RESET)', espReason: 7 },
};

export function romName(cause: ResetCause): string {
  return CAUSES[cause].rom;
}

/** The cause as the application reads it with `esp_reset_reason()`. */
export function espResetReason(cause: ResetCause): number {
  return CAUSES[cause].espReason;
}

/** The cause for an `esp_reset_reason_t`, as a program hands it over when it ends; `undefined` for an unknown one. */
export function causeOf(espReason: number): ResetCause | undefined {
  const names = Object.keys(CAUSES) as ResetCause[];
  return names.find((cause) => CAUSES[cause].espReason === espReason);
}
