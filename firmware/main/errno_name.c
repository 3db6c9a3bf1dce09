#include "errno_name.h"

#include <errno.h>

const char *errno_name(int error)
{
    switch (error) {
    case EBADF:
        return "EBADF";
    case ECONNABORTED:
        return "ECONNABORTED";
    case ECONNREFUSED:
        return "ECONNREFUSED";
    case ECONNRESET:
        return "ECONNRESET";
    case EHOSTUNREACH:
        return "EHOSTUNREACH";
    case EINVAL:
        return "EINVAL";
    case EIO:
        return "EIO";
    case ENETDOWN:
        return "ENETDOWN";
    case ENETUNREACH:
        return "ENETUNREACH";
    case ENOBUFS:
        return "ENOBUFS";
    case ENOMEM:
        return "ENOMEM";
    case ENOTCONN:
        return "ENOTCONN";
    case ENOTSOCK:
        return "ENOTSOCK";
    case ETIMEDOUT:
        return "ETIMEDOUT";
    default:
        return "unknown";
    }
}
