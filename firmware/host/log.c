#include "esp_log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include "clock.h"
#include "esp_timer.h"
#include "freertos/task.h"

#define BYTES_PER_LINE 16

uint32_t esp_log_timestamp(void)
{
    /* As on the chip: the first stamp after the scheduler's start pairs the two clocks. */
    static _Atomic uint32_t s_base_ms;
    uint32_t early_ms = (uint32_t)(esp_timer_get_time() / 1000);
    if (!clock_is_ticking()) {
        return early_ms;
    }
    uint32_t unset = 0;
    atomic_compare_exchange_strong(&s_base_ms, &unset, early_ms);
    return s_base_ms + xTaskGetTickCount() * portTICK_PERIOD_MS;
}

void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
{
    (void)level;
    (void)tag;
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t length, esp_log_level_t level)
{
    const uint8_t *bytes = buffer;
    char line[3 * BYTES_PER_LINE + 1];
    for (size_t from = 0; from < length; from += BYTES_PER_LINE) {
        size_t count = length - from < BYTES_PER_LINE ? length - from : BYTES_PER_LINE;
        for (size_t i = 0; i < count; i++) {
            snprintf(line + 3 * i, 4, "%02x ", bytes[from + i]);
        }
        HOST_LOG(level, "I", tag, "%s", line);
    }
}
