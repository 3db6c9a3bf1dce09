/*
 * The program's sockets are the host's, made to behave like lwIP's where it matters. The linker's --wrap leads the
 * program's calls here: __wrap_x is what the program calls as x, __real_x the host's.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include "clock.h"
#include "freertos/task.h"
#include "network.h"
#include "stalls.h"
#include "task_watchdog.h"

#define MAX_SOCKETS CONFIG_LWIP_MAX_SOCKETS
#define LOOPBACK_NET 127

typedef struct {
    int fd;
    bool is_open;
    bool is_bound;
} socket_t;

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static socket_t s_sockets[MAX_SOCKETS];

int __real_socket(int domain, int type, int protocol);
int __real_close(int fd);
int __real_bind(int fd, const struct sockaddr *address, socklen_t length);
int __real_connect(int fd, const struct sockaddr *address, socklen_t length);
ssize_t __real_sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *to,
                      socklen_t to_length);
int __real_select(int count, fd_set *readable, fd_set *writable, fd_set *failed, struct timeval *timeout);

static socket_t *find_socket(int fd)
{
    for (size_t i = 0; i < MAX_SOCKETS; i++) {
        if (s_sockets[i].is_open && s_sockets[i].fd == fd) {
            return &s_sockets[i];
        }
    }
    return NULL;
}

static socket_t *find_free(void)
{
    for (size_t i = 0; i < MAX_SOCKETS; i++) {
        if (!s_sockets[i].is_open) {
            return &s_sockets[i];
        }
    }
    return NULL;
}

int __wrap_socket(int domain, int type, int protocol)
{
    int fd = -1;
    pthread_mutex_lock(&s_lock);
    socket_t *place = find_free();
    if (place == NULL) {
        errno = ENFILE;
    } else {
        fd = __real_socket(domain, type, protocol);
        if (fd >= 0) {
            *place = (socket_t) { .fd = fd, .is_open = true };
        }
    }
    pthread_mutex_unlock(&s_lock);
    return fd;
}

int __wrap_close(int fd)
{
    pthread_mutex_lock(&s_lock);
    socket_t *socket = find_socket(fd);
    if (socket != NULL) {
        socket->is_open = false;
    }
    int result = __real_close(fd);
    pthread_mutex_unlock(&s_lock);
    return result;
}

/** Binds to an address of the board; to any of them means to its only one. */
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_in own = { .sin_family = AF_INET };
    if (address->sa_family == AF_INET && length >= sizeof(own)) {
        own = *(const struct sockaddr_in *)address;
    }
    if (own.sin_addr.s_addr == htonl(INADDR_ANY)) {
        inet_pton(AF_INET, network_address(), &own.sin_addr);
    }
    int result = __real_bind(fd, (const struct sockaddr *)&own, sizeof(own));
    pthread_mutex_lock(&s_lock);
    socket_t *socket = find_socket(fd);
    if (socket != NULL && result == 0) {
        socket->is_bound = true;
    }
    pthread_mutex_unlock(&s_lock);
    return result;
}

/** The board's datagrams come from the board's address: one of 127.0.0.0/8, which the host would not choose itself. */
static int bind_to_board(int fd)
{
    pthread_mutex_lock(&s_lock);
    socket_t *socket = find_socket(fd);
    bool is_bound = socket == NULL || socket->is_bound;
    pthread_mutex_unlock(&s_lock);
    struct sockaddr_in any = { .sin_family = AF_INET };
    return is_bound ? 0 : __wrap_bind(fd, (struct sockaddr *)&any, sizeof(any));
}

static bool is_reachable(const struct sockaddr *address)
{
    if (!network_is_up()) {
        return false;
    }
    if (address == NULL) {
        return true;
    }
    const struct sockaddr_in *to = (const struct sockaddr_in *)address;
    return to->sin_family == AF_INET && ntohl(to->sin_addr.s_addr) >> 24 == LOOPBACK_NET;
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    if (!is_reachable(address)) {
        errno = EHOSTUNREACH;
        return -1;
    }
    return bind_to_board(fd) < 0 ? -1 : __real_connect(fd, address, length);
}

ssize_t __wrap_sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *to,
                      socklen_t to_length)
{
    if (!is_reachable(to)) {
        errno = EHOSTUNREACH;
        return -1;
    }
    return bind_to_board(fd) < 0 ? -1 : __real_sendto(fd, data, length, flags, to, to_length);
}

/** lwIP waits in ticks, rounded up, and one more because the present tick is partly over. */
int __wrap_select(int count, fd_set *readable, fd_set *writable, fd_set *failed, struct timeval *timeout)
{
    if (timeout == NULL || (timeout->tv_sec == 0 && timeout->tv_usec == 0)) {
        return __real_select(count, readable, writable, failed, timeout);
    }
    int64_t wait_us = timeout->tv_sec * 1000000LL + timeout->tv_usec;
    int64_t tick_us = portTICK_PERIOD_MS * 1000LL;
    TickType_t wake_tick = xTaskGetTickCount() + (TickType_t)((wait_us + tick_us - 1) / tick_us) + 1;
    int64_t due_ns = clock_tick_begins_ns(wake_tick);
    int64_t left_us = (due_ns - clock_host_ns() + 999) / 1000;
    task_watchdog_feed();
    stalls_look();
    struct timeval left = { .tv_sec = left_us / 1000000, .tv_usec = left_us % 1000000 };
    int ready = __real_select(count, readable, writable, failed, &left);
    stalls_look_after_wait(due_ns);
    return ready;
}
