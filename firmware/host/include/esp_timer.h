/**
 * @file
 * @brief The clock of ESP-IDF's esp_timer.
 */
#pragma once

#include <stdint.h>
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Microseconds since the chip's reset. */
int64_t esp_timer_get_time(void);

#ifdef __cplusplus
}
#endif
