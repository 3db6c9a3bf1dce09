/**
 * @file
 * @brief The default event loop. It can be created; no events come from it.
 */
#pragma once

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @return ESP_OK, or ESP_ERR_INVALID_STATE when there is one already. */
esp_err_t esp_event_loop_create_default(void);

#ifdef __cplusplus
}
#endif
