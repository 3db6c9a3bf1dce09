/**
 * @file
 * @brief Address of the server that the client talks to.
 */
#pragma once

#include <sys/socket.h>
#include <netinet/in.h>
#include "esp_err.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Get the server's address and port.
 *
 * With CONFIG_EXAMPLE_SOCKET_IP_INPUT_STRING the address is CONFIG_EXAMPLE_IPV4_ADDR. With
 * CONFIG_EXAMPLE_SOCKET_IP_INPUT_STDIN it is a line on the console, and the call blocks until a good one has come;
 * empty lines are ignored. The port is CONFIG_EXAMPLE_PORT.
 *
 * Call it from a task.
 *
 * @param[out] address Address and port of the server
 *
 * @return
 *      - ESP_OK: `address` is filled in
 *      - ESP_ERR_INVALID_ARG: CONFIG_EXAMPLE_IPV4_ADDR is no IPv4 address in dotted decimal notation
 */
esp_err_t server_address_get(struct sockaddr_in *address);

#ifdef __cplusplus
}
#endif
