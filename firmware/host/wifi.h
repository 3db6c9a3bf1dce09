/**
 * @file
 * @brief The board's Wi-Fi station, and the air around it: one access point, or none.
 *
 * The environment tells of the access point (README.md); while the program runs, lines on file descriptor VB_RADIO_FD say
 * that it is gone (`ap lost`) and back (`ap back`).
 */
#pragma once

#include <stdbool.h>
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Longest name and password, without their ends; a password of 64 characters is the key itself, in hex. */
#define WIFI_SSID_LENGTH     32
#define WIFI_PASSWORD_LENGTH 64

typedef struct {
    char ssid[WIFI_SSID_LENGTH + 1];
    char password[WIFI_PASSWORD_LENGTH + 1]; /*!< Empty: an open network */
} wifi_credentials_t;

/** Whether the air is emulated: with VB_AP_SSID. Without it there is a network that takes every station. */
bool wifi_is_emulated(void);

/**
 * Connects as ESP-IDF's `protocol_examples_common` does, and stays connected as it does: a station that is disconnected
 * tries again, CONFIG_EXAMPLE_WIFI_CONN_MAX_RETRY times in a row.
 *
 * Blocks until the station has an address, or has given up. Without DHCP in the network that is never.
 *
 * @return ESP_OK, or ESP_FAIL when it has given up.
 */
esp_err_t wifi_connect(const wifi_credentials_t *credentials);

/** Listen for the access point's going and coming where the air is not emulated: the network goes and comes with it at once. */
void wifi_listen(void);

/** Whether the station has an address and its access point; where the air is not emulated, whether that has not gone. */
bool wifi_is_up(void);

#ifdef __cplusplus
}
#endif
