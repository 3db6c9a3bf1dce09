/**
 * @file
 * @brief Free heap in the log, for long observations: a leak shows there long before anything fails.
 */
#pragma once

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Start to log the free heap every second, in a task of its own (CONFIG_EXAMPLE_LOG_HEAP).
 *
 * Does nothing where the configuration doesn't ask for it, as by default. Call it once, from a task. Does not block.
 *
 * @return
 *      - ESP_OK
 *      - ESP_ERR_NO_MEM: not enough memory for the task
 */
esp_err_t heap_log_start(void);

#ifdef __cplusplus
}
#endif
