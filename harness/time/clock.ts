/**
 * Two clocks meet on a bench. Instants of different clocks can't be subtracted; their durations can.
 * The brands make the compiler say so.
 */
declare const clock: unique symbol;

/**
 * Nanoseconds on the host's monotonic clock (CLOCK_MONOTONIC: one and the same in every thread and process).
 * A double holds them to 1 ns for the first 104 days of a host's uptime and to 8 ns for two years.
 */
export type HostNs = number & { readonly [clock]: 'host' };

/** Microseconds on the device's clock, as `esp_timer_get_time()` counts them since boot. */
export type DeviceUs = number & { readonly [clock]: 'device' };

/** The host's monotonic clock now. */
export function hostNow(): HostNs {
  return Number(process.hrtime.bigint()) as HostNs;
}

/** Milliseconds from `from` to `to`; negative when `to` is earlier. */
export function elapsedMs(from: HostNs, to: HostNs = hostNow()): number {
  return (to - from) / 1e6;
}
