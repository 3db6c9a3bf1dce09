/**
 * @file
 * @brief When this host kept the program from running.
 *
 * A board that runs on a host is as late as the host. Who judges it must know, so the program itself notes each time it was
 * held up: a wait that ended late, a thread that was ready and got no processor, a console that nobody read. A program
 * that is slow of its own accord (a longer delay, a busy loop, a console filled faster than its wire) is never held up.
 *
 * VB_STALLS_FILE: where a line is added for each, `{"kind":"board-stall","fromNs":…,"toNs":…}` on CLOCK_MONOTONIC.
 */
#pragma once

#include <stdint.h>

/** Waiting for a processor, or waking up, takes less than this on a host that is idle. */
#define STALLS_LEAST_NS 1000000LL

/** Opens the file. Before any thread is started. */
void stalls_start(void);

/** Looks how long this thread had to wait for a processor since it looked last. Before a wait, and where none was needed. */
void stalls_look(void);

/**
 * The same after a wait.
 *
 * @param due_ns When the wait was to end, on the host's monotonic clock.
 */
void stalls_look_after_wait(int64_t due_ns);
