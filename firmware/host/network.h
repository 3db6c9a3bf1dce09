/**
 * @file
 * @brief The board's address, and whether it has it.
 */
#pragma once

#include <stdbool.h>

/** The board's own IPv4 address in dotted decimal notation: VB_IP, 127.0.0.1 by default. */
const char *network_address(void);

/** Whether the network carries datagrams: not before the station is connected, nor while its access point is gone. */
bool network_is_up(void);

/** Says, as ESP-IDF does, that the interface got its address. */
void network_log_address(void);
