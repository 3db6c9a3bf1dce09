/**
 * @file
 * @brief The chip's time on the host's monotonic clock.
 *
 *     reset          program starts   scheduler starts
 *       |-- VB_BOOT_US --|--------------|----|----|----|----   ticks, on an absolute grid
 *
 * VB_CLOCK_PPM: so much faster than the host's does it run, as the crystal of a board is off by some ppm.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include "freertos/FreeRTOS.h"

/** Starts the chip's clock. Before everything else. */
void clock_start(void);

/** Starts the ticks: tick 0 begins now. */
void clock_start_ticks(void);
bool clock_is_ticking(void);

/** Nanoseconds on the host's monotonic clock. */
int64_t clock_host_ns(void);

/** When a tick begins, on the host's monotonic clock. */
int64_t clock_tick_begins_ns(TickType_t tick);

/** Sleeps until `deadline_ns` on the host's monotonic clock; interruptions don't shorten it. */
void clock_sleep_until_ns(int64_t deadline_ns);
