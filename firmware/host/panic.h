/**
 * @file
 * @brief What the chip does when the program crashes: it prints a panic and resets.
 */
#pragma once

/** Turns the crashes of the process into panics. */
void panic_start(void);

/** Gives the calling thread a stack of its own for its panic, so that even a stack overflow is told. */
void panic_watch_thread(void);

/** abort(), with a reason in front. */
void panic_abort(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
