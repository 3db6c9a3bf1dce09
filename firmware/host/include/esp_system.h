/**
 * @file
 * @brief Reset and its reason.
 */
#pragma once

#include <stdint.h>
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Values as in ESP-IDF. */
typedef enum {
    ESP_RST_UNKNOWN,
    ESP_RST_POWERON,
    ESP_RST_EXT,
    ESP_RST_SW,
    ESP_RST_PANIC,
    ESP_RST_INT_WDT,
    ESP_RST_TASK_WDT,
    ESP_RST_WDT,
    ESP_RST_DEEPSLEEP,
    ESP_RST_BROWNOUT,
    ESP_RST_SDIO,
} esp_reset_reason_t;

/** Resets the chip: the process ends with 64 + ESP_RST_SW once the UART is drained. */
void esp_restart(void) __attribute__((noreturn));

esp_reset_reason_t esp_reset_reason(void);

/** Free heap in bytes, of a heap of a chip's size; where the C library doesn't tell what is allocated, all of it. */
uint32_t esp_get_free_heap_size(void);

#ifdef __cplusplus
}
#endif
