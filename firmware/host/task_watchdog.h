/**
 * @file
 * @brief ESP-IDF's task watchdog: it bites when a task keeps the processor to itself, so that the idle task, which feeds
 * the watchdog, never runs.
 */
#pragma once

/** Watches the calling task from now on, until its thread ends. */
void task_watchdog_watch(void);

/** The calling task is about to wait: the idle task gets its turn. */
void task_watchdog_feed(void);

/** Begins to look at the tasks. */
void task_watchdog_start(void);
