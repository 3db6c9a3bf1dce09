#include "sdkconfig.h"
#include "esp_err.h"
#include "esp_event.h"
#include "esp_netif.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "app_identity.h"
#include "heap_log.h"
#include "server_address.h"
#include "udp_client.h"
#include "wifi_power_save.h"

void app_main(void)
{
    app_identity_log();

    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(heap_log_start());

    /* Wi-Fi or Ethernet, as chosen in menuconfig: see examples/protocols/README.md of ESP-IDF. */
    ESP_ERROR_CHECK(example_connect());
    ESP_ERROR_CHECK(wifi_power_save_configure());

    udp_client_config_t config = { .period_ms = CONFIG_EXAMPLE_PERIOD_MS };
#if CONFIG_EXAMPLE_NUMBER_PAYLOADS
    config.numbered = true;
#endif
    ESP_ERROR_CHECK(server_address_get(&config.server));
    ESP_ERROR_CHECK(udp_client_start(&config));
}
