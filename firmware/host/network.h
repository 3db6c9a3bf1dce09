/**
 * @file
 * @brief The board's address.
 */
#pragma once

/** The board's own IPv4 address in dotted decimal notation: VB_IP, 127.0.0.1 by default. */
const char *network_address(void);
