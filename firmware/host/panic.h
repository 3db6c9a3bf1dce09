/**
 * @file
 * @brief What the chip does when the program crashes: it prints a panic and resets.
 */
#pragma once

#include <signal.h>

/* What the board sends when it is asked for a fault that hits the program (see README.md); the task watchdog bites by it. */
#define SIGNAL_PANIC              SIGUSR1
#define SIGNAL_INTERRUPT_WATCHDOG SIGUSR2
#define SIGNAL_TASK_WATCHDOG      SIGALRM

/** Turns the crashes of the process into panics. */
void panic_start(void);

/** Gives the calling thread a stack of its own for its panic, so that even a stack overflow is told. */
void panic_watch_thread(void);

/** Lets the faults that the board asks for by signals hit the calling thread; panic_start() keeps them from all others. */
void panic_expose_task(void);

/** The opposite, for a thread that stands for hardware. */
void panic_shield_task(void);

/** abort(), with a reason in front. */
void panic_abort(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
