#define _GNU_SOURCE /* fopencookie */
#include "uart.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "clock.h"
#include "stalls.h"

#define FIFO_SIZE        128
#define BITS_PER_BYTE    10 /* start, 8 data, stop */
#define LINE_BUFFER_SIZE 256
/* Bytes that leave together: at 115200 baud 16 bytes take 1.4 ms, about what a USB serial adapter gathers. */
#define MAX_CHUNK        16
#define SEIZE_TIMEOUT_NS 100000000LL
#define SEIZE_POLL_NS    100000LL

typedef struct {
    char bytes[FIFO_SIZE];
    size_t head; /*!< Index of the oldest byte */
    size_t count;
} fifo_t;

static pthread_mutex_t s_tx_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t s_tx_changed = PTHREAD_COND_INITIALIZER;
static fifo_t s_tx;
static int64_t s_byte_ns;      /* 0: not paced */
static int64_t s_wire_free_ns; /* when the byte before the FIFO's oldest is through */

static pthread_mutex_t s_rx_lock = PTHREAD_MUTEX_INITIALIZER;
static fifo_t s_rx;

static void fifo_put(fifo_t *fifo, char byte)
{
    fifo->bytes[(fifo->head + fifo->count++) % FIFO_SIZE] = byte;
}

static char fifo_peek(const fifo_t *fifo, size_t index)
{
    return fifo->bytes[(fifo->head + index) % FIFO_SIZE];
}

static void fifo_drop(fifo_t *fifo, size_t count)
{
    fifo->head = (fifo->head + count) % FIFO_SIZE;
    fifo->count -= count;
}

static void write_all(const char *bytes, size_t length)
{
    while (length > 0) {
        int64_t began_ns = clock_host_ns();
        ssize_t written = write(STDOUT_FILENO, bytes, length);
        /* A wire takes bytes whether anybody reads them or not: who has to wait here is held up by the host. */
        stalls_look_after_wait(began_ns);
        if (written < 0 && errno != EINTR) {
            _exit(0); /* nobody listens any more */
        }
        if (written > 0) {
            bytes += written;
            length -= written;
        }
    }
}

/** Copies what leaves next: up to the end of a line, so that its last byte is seen on time. */
static size_t next_chunk(char *chunk)
{
    size_t length = 0;
    while (length < s_tx.count && length < MAX_CHUNK) {
        chunk[length] = fifo_peek(&s_tx, length);
        if (chunk[length++] == '\n') {
            break;
        }
    }
    return length;
}

__attribute__((noreturn)) static void *transmit(void *arg)
{
    (void)arg;
    char chunk[MAX_CHUNK];
    pthread_mutex_lock(&s_tx_lock);
    for (;;) {
        while (s_tx.count == 0) {
            pthread_cond_wait(&s_tx_changed, &s_tx_lock);
        }
        size_t length = next_chunk(chunk);
        s_wire_free_ns += length * s_byte_ns;
        int64_t through_ns = s_wire_free_ns;
        pthread_mutex_unlock(&s_tx_lock);
        clock_sleep_until_ns(through_ns);
        pthread_mutex_lock(&s_tx_lock);
        write_all(chunk, length);
        fifo_drop(&s_tx, length);
        pthread_cond_broadcast(&s_tx_changed);
    }
}

static void send_byte(char byte)
{
    while (s_tx.count == FIFO_SIZE) {
        pthread_cond_wait(&s_tx_changed, &s_tx_lock);
    }
    if (s_tx.count == 0) {
        int64_t now_ns = clock_host_ns();
        s_wire_free_ns = s_wire_free_ns > now_ns ? s_wire_free_ns : now_ns;
    }
    fifo_put(&s_tx, byte);
}

static void unlock_tx(void *arg)
{
    (void)arg;
    pthread_mutex_unlock(&s_tx_lock);
}

static ssize_t write_stdout(void *cookie, const char *text, size_t length)
{
    (void)cookie;
    pthread_mutex_lock(&s_tx_lock);
    pthread_cleanup_push(unlock_tx, NULL); /* waiting is where vTaskDelete() ends a task */
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            send_byte('\r');
        }
        send_byte(text[i]);
    }
    pthread_cond_broadcast(&s_tx_changed);
    pthread_cleanup_pop(true);
    return (ssize_t)length;
}

__attribute__((noreturn)) static void *receive(void *arg)
{
    (void)arg;
    char bytes[FIFO_SIZE];
    for (;;) {
        ssize_t length = read(STDIN_FILENO, bytes, sizeof(bytes));
        if (length == 0 || (length < 0 && errno != EINTR)) {
            _exit(0); /* the board was switched off */
        }
        pthread_mutex_lock(&s_rx_lock);
        for (ssize_t i = 0; i < length && s_rx.count < FIFO_SIZE; i++) {
            fifo_put(&s_rx, bytes[i] == '\r' ? '\n' : bytes[i]);
        }
        pthread_mutex_unlock(&s_rx_lock);
    }
}

/** Never waits: as on a chip whose UART driver is not installed. */
static ssize_t read_stdin(void *cookie, char *bytes, size_t size)
{
    (void)cookie;
    size_t length = 0;
    pthread_mutex_lock(&s_rx_lock);
    while (length < size && s_rx.count > 0) {
        bytes[length++] = fifo_peek(&s_rx, 0);
        fifo_drop(&s_rx, 1);
    }
    pthread_mutex_unlock(&s_rx_lock);
    if (length == 0) {
        errno = EWOULDBLOCK;
        return -1;
    }
    return (ssize_t)length;
}

void uart_start(void)
{
    const char *baud_rate = getenv("VB_UART_BAUD");
    if (baud_rate != NULL && atoi(baud_rate) > 0) {
        s_byte_ns = BITS_PER_BYTE * 1000000000LL / atoi(baud_rate);
    }
    stdout = fopencookie(NULL, "w", (cookie_io_functions_t) { .write = write_stdout });
    setvbuf(stdout, NULL, _IOLBF, LINE_BUFFER_SIZE);
    stdin = fopencookie(NULL, "r", (cookie_io_functions_t) { .read = read_stdin });
    setvbuf(stdin, NULL, _IONBF, 0);

    pthread_t thread;
    pthread_create(&thread, NULL, transmit, NULL);
    pthread_detach(thread);
    pthread_create(&thread, NULL, receive, NULL);
    pthread_detach(thread);
}

void uart_drain(void)
{
    fflush(stdout);
    pthread_mutex_lock(&s_tx_lock);
    while (s_tx.count > 0) {
        pthread_cond_wait(&s_tx_changed, &s_tx_lock);
    }
    pthread_mutex_unlock(&s_tx_lock);
}

static void panic_write_paced(const char *bytes, size_t length)
{
    write_all(bytes, length);
    clock_sleep_until_ns(clock_host_ns() + length * s_byte_ns);
}

/** Keeps all other threads from the FIFO for good. The crashed one may hold the lock itself, so don't wait long. */
static void seize_tx(void)
{
    int64_t deadline_ns = clock_host_ns() + SEIZE_TIMEOUT_NS;
    while (pthread_mutex_trylock(&s_tx_lock) != 0 && clock_host_ns() < deadline_ns) {
        clock_sleep_until_ns(clock_host_ns() + SEIZE_POLL_NS);
    }
}

void uart_panic_write(const char *text, size_t length)
{
    static bool s_seized;
    if (!s_seized) {
        s_seized = true;
        seize_tx();
        for (; s_tx.count > 0; fifo_drop(&s_tx, 1)) {
            char byte = fifo_peek(&s_tx, 0);
            panic_write_paced(&byte, 1);
        }
    }
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            panic_write_paced(text + from, i - from);
            panic_write_paced("\r\n", 2);
            from = i + 1;
        }
    }
    panic_write_paced(text + from, length - from);
}
