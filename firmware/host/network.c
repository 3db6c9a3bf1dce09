#include "network.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "freertos/task.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"
#include "wifi.h"

#define NETIF_NAME "example_netif_sta"

const char *network_address(void)
{
    const char *address = getenv("VB_IP");
    return address == NULL ? "127.0.0.1" : address;
}

esp_err_t nvs_flash_init(void)
{
    return ESP_OK;
}

esp_err_t nvs_flash_erase(void)
{
    return ESP_OK;
}

esp_err_t esp_netif_init(void)
{
    return ESP_OK;
}

esp_err_t esp_event_loop_create_default(void)
{
    static bool s_created;
    if (s_created) {
        return ESP_ERR_INVALID_STATE;
    }
    s_created = true;
    return ESP_OK;
}

void network_log_address(void)
{
    ESP_LOGI("esp_netif_handlers", "sta ip: %s, mask: 255.0.0.0, gw: 127.0.0.1", network_address());
    ESP_LOGI("example_connect", "Got IPv4 event: Interface \"%s\" address: %s", NETIF_NAME, network_address());
}

bool network_is_up(void)
{
    return wifi_is_up();
}

#if CONFIG_EXAMPLE_WIFI_SSID_PWD_FROM_STDIN
/** Reads `SSID PASSWORD`, or `SSID` for an open network. As on the chip, an empty line crashes. */
static void read_credentials(wifi_credentials_t *credentials)
{
    char line[WIFI_SSID_LENGTH + WIFI_PASSWORD_LENGTH + 2];
    size_t length = 0;
    ESP_LOGI("example_connect", "Please input ssid password:");
    for (int c; (c = getchar()) != '\n';) {
        if (c == EOF) {
            clearerr(stdin);
            vTaskDelay(1);
        } else if (length < sizeof(line) - 1) {
            line[length++] = (char)c;
        }
    }
    line[length] = '\0';
    char *rest = NULL;
    strncpy(credentials->ssid, strtok_r(line, " ", &rest), WIFI_SSID_LENGTH);
    const char *password = strtok_r(NULL, " ", &rest);
    if (password != NULL) {
        strncpy(credentials->password, password, WIFI_PASSWORD_LENGTH);
    }
}
#else
static void read_credentials(wifi_credentials_t *credentials)
{
    *credentials = (wifi_credentials_t) {
        .ssid = CONFIG_EXAMPLE_WIFI_SSID,
        .password = CONFIG_EXAMPLE_WIFI_PASSWORD,
    };
}
#endif

esp_err_t example_connect(void)
{
    wifi_credentials_t credentials = { 0 };
    ESP_LOGI("example_connect", "Start example_connect.");
    read_credentials(&credentials);
    if (wifi_is_emulated()) {
        if (wifi_connect(&credentials) != ESP_OK) {
            return ESP_FAIL;
        }
    } else {
        ESP_LOGI("example_connect", "Waiting for IP(s)");
        wifi_listen();
        vTaskDelay(1);
        network_log_address();
    }
    ESP_LOGI("example_common", "Connected to %s", NETIF_NAME);
    ESP_LOGI("example_common", "- IPv4 address: %s,", network_address());
    return ESP_OK;
}

esp_err_t example_disconnect(void)
{
    return ESP_OK;
}
