/**
 * @file
 * @brief The host's sockets under lwIP's name, with the functions of lwIP that the host lacks.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What lwIP calls the inside of its struct in6_addr. */
#define un __in6_u

/** An IPv4 address as text. @return the buffer, or NULL when it is too small. */
static inline char *inet_ntoa_r(struct in_addr address, char *buffer, int size)
{
    return (char *)inet_ntop(AF_INET, &address, buffer, (socklen_t)size);
}

/** An IPv6 address as text. @return the buffer, or NULL when it is too small. */
static inline char *inet6_ntoa_r(struct in6_addr address, char *buffer, int size)
{
    return (char *)inet_ntop(AF_INET6, &address, buffer, (socklen_t)size);
}

#ifdef __cplusplus
}
#endif
