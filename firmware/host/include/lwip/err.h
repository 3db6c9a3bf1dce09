/**
 * @file
 * @brief lwIP's type for what its functions return; the host's sockets return numbers and set errno.
 */
#pragma once

#include <stdint.h>

typedef int8_t err_t;
