/**
 * @file
 * @brief UDP client: sends "Hello from ESP32" to a server at a fixed rate and logs its answers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the client does. */
typedef struct {
    struct sockaddr_in server; /*!< Where the datagrams go to: IPv4 address and port */
    uint32_t period_ms;        /*!< Time from one datagram to the next in ms; rounded down to ticks, at least one */
    bool numbered;             /*!< Whether each datagram ends with its number: "Hello from ESP32 #17" */
} udp_client_config_t;

/**
 * @brief Start the client in a task of its own. It runs until the chip is reset.
 *
 * The task sends on a fixed grid of FreeRTOS ticks: neither its own work nor a late answer stretches the period.
 * After a failed send it opens a new socket at the next period. What it does it logs, see udp_client_events.h.
 *
 * Call it once, from a task, when the network is up. Does not block.
 *
 * @param config What to do; copied.
 *
 * @return
 *      - ESP_OK: the task runs
 *      - ESP_ERR_INVALID_ARG: `config` is NULL, or its period is shorter than a tick
 *      - ESP_ERR_INVALID_STATE: the client was started before
 *      - ESP_ERR_NO_MEM: not enough memory for the task
 */
esp_err_t udp_client_start(const udp_client_config_t *config);

#ifdef __cplusplus
}
#endif
