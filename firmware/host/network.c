#include "network.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "freertos/task.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

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

#if CONFIG_EXAMPLE_WIFI_SSID_PWD_FROM_STDIN
static void read_credentials(void)
{
    ESP_LOGI("example_connect", "Please input ssid password:");
    int c;
    while ((c = getchar()) != '\n') {
        if (c == EOF) {
            clearerr(stdin);
            vTaskDelay(1);
        }
    }
}
#else
static void read_credentials(void)
{
}
#endif

esp_err_t example_connect(void)
{
    ESP_LOGI("example_connect", "Start example_connect.");
    read_credentials();
    ESP_LOGI("example_connect", "Waiting for IP(s)");
    vTaskDelay(1);
    ESP_LOGI("esp_netif_handlers", "sta ip: %s, mask: 255.0.0.0, gw: 127.0.0.1", network_address());
    ESP_LOGI("example_connect", "Got IPv4 event: Interface \"%s\" address: %s", NETIF_NAME, network_address());
    ESP_LOGI("example_common", "Connected to %s", NETIF_NAME);
    ESP_LOGI("example_common", "- IPv4 address: %s,", network_address());
    return ESP_OK;
}

esp_err_t example_disconnect(void)
{
    return ESP_OK;
}
