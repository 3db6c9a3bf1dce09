#include "freertos/task.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "clock.h"
#include "panic.h"
#include "stalls.h"
#include "task_watchdog.h"

#define TASK_NAME_SIZE 16

struct host_task {
    pthread_t thread;
    TaskFunction_t function;
    void *arg;
    char name[TASK_NAME_SIZE];
};

static _Thread_local TaskHandle_t s_current;

static void *run_task(void *arg)
{
    s_current = arg;
    panic_watch_thread();
    panic_expose_task();
    task_watchdog_watch();
    s_current->function(s_current->arg);
    /* FreeRTOS forbids it, and so does ESP-IDF's port, with these words. */
    panic_abort("FreeRTOS Task \"%s\" should not return, Aborting now!", s_current->name);
}

BaseType_t xTaskCreate(TaskFunction_t function, const char *name, uint32_t stack_size, void *arg,
                       UBaseType_t priority, TaskHandle_t *handle)
{
    (void)stack_size;
    (void)priority;
    TaskHandle_t task = calloc(1, sizeof(*task));
    if (task == NULL) {
        return pdFAIL;
    }
    task->function = function;
    task->arg = arg;
    strncpy(task->name, name, sizeof(task->name) - 1);
    if (handle != NULL) {
        *handle = task;
    }
    /* The handle is never freed: it may be used for as long as the program runs. */
    if (pthread_create(&task->thread, NULL, run_task, task) != 0) {
        free(task);
        return pdFAIL;
    }
    pthread_detach(task->thread);
    return pdPASS;
}

BaseType_t xTaskCreatePinnedToCore(TaskFunction_t function, const char *name, uint32_t stack_size, void *arg,
                                   UBaseType_t priority, TaskHandle_t *handle, BaseType_t core)
{
    (void)core;
    return xTaskCreate(function, name, stack_size, arg, priority, handle);
}

void vTaskDelete(TaskHandle_t task)
{
    if (task == NULL || task == s_current) {
        pthread_exit(NULL);
    }
    pthread_cancel(task->thread);
}

void vTaskDelay(TickType_t ticks)
{
    if (ticks > 0) {
        task_watchdog_feed();
        clock_sleep_until_ns(clock_tick_begins_ns(xTaskGetTickCount() + ticks));
    }
}

BaseType_t xTaskDelayUntil(TickType_t *previous_wake_time, TickType_t increment)
{
    *previous_wake_time += increment;
    int32_t ahead = (int32_t)(*previous_wake_time - xTaskGetTickCount());
    if (ahead <= 0) {
        stalls_look();
        return pdFALSE;
    }
    task_watchdog_feed();
    clock_sleep_until_ns(clock_tick_begins_ns(*previous_wake_time));
    return pdTRUE;
}

TaskHandle_t xTaskGetCurrentTaskHandle(void)
{
    return s_current;
}

char *pcTaskGetName(TaskHandle_t task)
{
    static char s_unnamed[] = "";
    TaskHandle_t asked = task == NULL ? s_current : task;
    return asked == NULL ? s_unnamed : asked->name;
}
