/**
 * @file
 * @brief Connecting as ESP-IDF's examples do.
 */
#pragma once

#include "sdkconfig.h"
#include "esp_err.h"
#include "esp_netif.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Logs the lines of a Wi-Fi station that got the board's address. With CONFIG_EXAMPLE_WIFI_SSID_PWD_FROM_STDIN it first
 * asks for the credentials and waits for the line. Without an emulated access point any are good.
 *
 * @return ESP_OK, or ESP_FAIL when the station has given up.
 */
esp_err_t example_connect(void);
esp_err_t example_disconnect(void);

#ifdef __cplusplus
}
#endif
