/* On the linux target ESP-IDF has no start-up code that would do this. */
#include "app_identity.h"

#include "esp_app_desc.h"
#include "esp_log.h"

#define SHA256_DIGITS_SIZE 17

static const char *TAG = "app_init";

void app_identity_log(void)
{
    const esp_app_desc_t *app = esp_app_get_description();
    char sha256[SHA256_DIGITS_SIZE];
    esp_app_get_elf_sha256(sha256, sizeof(sha256));
    ESP_LOGI(TAG, "Application information:");
    ESP_LOGI(TAG, "Project name:     %s", app->project_name);
    ESP_LOGI(TAG, "App version:      %s", app->version);
    ESP_LOGI(TAG, "ELF file SHA256:  %s...", sha256);
    ESP_LOGI(TAG, "ESP-IDF:          %s", app->idf_ver);
}
