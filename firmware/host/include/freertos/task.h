/**
 * @file
 * @brief FreeRTOS tasks on the host: each is a thread. Priorities, cores and stack sizes are accepted and ignored.
 */
#pragma once

#include "freertos/FreeRTOS.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct host_task *TaskHandle_t;
typedef void (*TaskFunction_t)(void *);

#define tskIDLE_PRIORITY   ((UBaseType_t)0)
#define tskNO_AFFINITY     ((BaseType_t)0x7fffffff)

BaseType_t xTaskCreate(TaskFunction_t function, const char *name, uint32_t stack_size, void *arg,
                       UBaseType_t priority, TaskHandle_t *handle);
BaseType_t xTaskCreatePinnedToCore(TaskFunction_t function, const char *name, uint32_t stack_size, void *arg,
                                   UBaseType_t priority, TaskHandle_t *handle, BaseType_t core);

/** Ends the calling task; a `task` other than NULL ends at its next wait. */
void vTaskDelete(TaskHandle_t task);

/** Waits for the start of the tick that is `ticks` ahead: between `ticks` - 1 and `ticks` tick lengths. */
void vTaskDelay(TickType_t ticks);

/** Waits for the start of tick `*previous_wake_time` + `increment`. @return pdFALSE if that is not ahead. */
BaseType_t xTaskDelayUntil(TickType_t *previous_wake_time, TickType_t increment);

#define vTaskDelayUntil(previous_wake_time, increment) ((void)xTaskDelayUntil(previous_wake_time, increment))

TickType_t xTaskGetTickCount(void);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
char *pcTaskGetName(TaskHandle_t task);

#ifdef __cplusplus
}
#endif
