/**
 * @file
 * @brief FreeRTOS on the host: types and constants, as ESP-IDF sets them for the ESP32.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include "sdkconfig.h"

typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint32_t TickType_t;

#define pdFALSE ((BaseType_t)0)
#define pdTRUE  ((BaseType_t)1)
#define pdFAIL  pdFALSE
#define pdPASS  pdTRUE

#define configTICK_RATE_HZ            CONFIG_FREERTOS_HZ
#define configMAX_PRIORITIES          25
#define configMINIMAL_STACK_SIZE      1536
#define portMAX_DELAY                 ((TickType_t)0xffffffffUL)
#define portTICK_PERIOD_MS            ((TickType_t)1000 / configTICK_RATE_HZ)
#define pdMS_TO_TICKS(ms)             ((TickType_t)((uint64_t)(ms) * configTICK_RATE_HZ / 1000))
#define pdTICKS_TO_MS(ticks)          ((TickType_t)((uint64_t)(ticks) * 1000 / configTICK_RATE_HZ))
