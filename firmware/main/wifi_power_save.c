#include "wifi_power_save.h"

#include "sdkconfig.h"

#if CONFIG_EXAMPLE_WIFI_PS_NONE

#include "esp_wifi.h"

esp_err_t wifi_power_save_configure(void)
{
    return esp_wifi_set_ps(WIFI_PS_NONE);
}

#else

esp_err_t wifi_power_save_configure(void)
{
    return ESP_OK;
}

#endif
