/**
 * @file
 * @brief Power saving of the Wi-Fi radio.
 */
#pragma once

#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Set the radio's power saving as configured (CONFIG_EXAMPLE_WIFI_PS_...).
 *
 * Does nothing where the configuration keeps ESP-IDF's default or has no Wi-Fi. Call it from a task, after Wi-Fi was
 * started.
 *
 * @return
 *      - ESP_OK
 *      - ESP_ERR_WIFI_NOT_INIT: Wi-Fi was not started
 */
esp_err_t wifi_power_save_configure(void);

#ifdef __cplusplus
}
#endif
