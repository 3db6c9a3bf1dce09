/**
 * @file
 * @brief ESP-IDF's log, in its default format: `I (123) tag: text`.
 */
#pragma once

#include <inttypes.h>
#include <stdint.h>
#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    ESP_LOG_NONE,
    ESP_LOG_ERROR,
    ESP_LOG_WARN,
    ESP_LOG_INFO,
    ESP_LOG_DEBUG,
    ESP_LOG_VERBOSE,
} esp_log_level_t;

#ifndef LOG_LOCAL_LEVEL
#define LOG_LOCAL_LEVEL CONFIG_LOG_DEFAULT_LEVEL
#endif

/** Milliseconds: since reset until the scheduler starts, from there on in steps of a tick. */
uint32_t esp_log_timestamp(void);

void esp_log_write(esp_log_level_t level, const char *tag, const char *format, ...)
__attribute__((format(printf, 3, 4)));

void esp_log_buffer_hex_internal(const char *tag, const void *buffer, uint16_t length, esp_log_level_t level);

#define HOST_LOG(level, letter, tag, format, ...) do {                                                          \
        if (LOG_LOCAL_LEVEL >= (level)) {                                                                       \
            esp_log_write((level), (tag), letter " (%" PRIu32 ") %s: " format "\n", esp_log_timestamp(), (tag), \
                          ##__VA_ARGS__);                                                                       \
        }                                                                                                       \
    } while (0)

#define ESP_LOGE(tag, format, ...) HOST_LOG(ESP_LOG_ERROR, "E", tag, format, ##__VA_ARGS__)
#define ESP_LOGW(tag, format, ...) HOST_LOG(ESP_LOG_WARN, "W", tag, format, ##__VA_ARGS__)
#define ESP_LOGI(tag, format, ...) HOST_LOG(ESP_LOG_INFO, "I", tag, format, ##__VA_ARGS__)
#define ESP_LOGD(tag, format, ...) HOST_LOG(ESP_LOG_DEBUG, "D", tag, format, ##__VA_ARGS__)
#define ESP_LOGV(tag, format, ...) HOST_LOG(ESP_LOG_VERBOSE, "V", tag, format, ##__VA_ARGS__)

#define ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, length, level) do {               \
        if (LOG_LOCAL_LEVEL >= (level)) {                                       \
            esp_log_buffer_hex_internal((tag), (buffer), (length), (level));    \
        }                                                                       \
    } while (0)

#define ESP_LOG_BUFFER_HEX(tag, buffer, length) ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, length, ESP_LOG_INFO)

#ifdef __cplusplus
}
#endif
