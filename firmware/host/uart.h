/**
 * @file
 * @brief UART0: stdout and stdin of the process, at the speed of the wire.
 *
 *     printf, log -> CRLF -> 128-byte FIFO -> (VB_UART_BAUD, 8N1) -> stdout
 *     getchar     <- CR to LF <- 128-byte FIFO <- stdin
 */
#pragma once

#include <stddef.h>

/** Takes over stdin and stdout. Before the first output. */
void uart_start(void);

/** Waits until the last byte is on the wire. */
void uart_drain(void);

/**
 * Writes text when nothing else of the program works any more: first what the FIFO still holds, then `text`. For a
 * panic: only for the one thread that panics, and no other thread writes again.
 */
void uart_panic_write(const char *text, size_t length);
