#include "heap_log.h"

#include "sdkconfig.h"

#if CONFIG_EXAMPLE_LOG_HEAP

#include <inttypes.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "esp_log.h"
#include "esp_system.h"
#include "udp_client_events.h"

#define TASK_STACK_SIZE 3072
/* Below the client's, so that it holds up no send. */
#define TASK_PRIORITY   1
#define PERIOD_MS       1000

static void heap_log_task(void *arg)
{
    for (;;) {
        ESP_LOGI(UDP_CLIENT_TAG, UDP_CLIENT_EVENT_HEAP, (uint32_t)esp_get_free_heap_size());
        vTaskDelay(pdMS_TO_TICKS(PERIOD_MS));
    }
}

esp_err_t heap_log_start(void)
{
    BaseType_t created = xTaskCreate(heap_log_task, "heap_log", TASK_STACK_SIZE, NULL, TASK_PRIORITY, NULL);
    return created == pdPASS ? ESP_OK : ESP_ERR_NO_MEM;
}

#else

esp_err_t heap_log_start(void)
{
    return ESP_OK;
}

#endif
