/**
 * @file
 * @brief Every line that the client logs: a contract with whoever reads the log.
 *
 * One line is one event, written as `event key=value`. The lines without keys are those of the original sketch, kept
 * word for word. `at_us` and `rtt_us` are by esp_timer_get_time(), in microseconds; the `(ms)` in front of a
 * line only advances in FreeRTOS ticks and times nothing. The payload itself is logged by ESP_LOG_BUFFER_HEX.
 */
#pragma once

#include <inttypes.h>

/** Tag of all lines of the client. */
#define UDP_CLIENT_TAG "Client"

/** I: once, before the first socket. Period in ms, server's address and port, payload's length in bytes. */
#define UDP_CLIENT_EVENT_START "start period_ms=%" PRIu32 " host=%s port=%d payload_len=%d"

/** I: the server's address is read from the console. */
#define UDP_CLIENT_EVENT_WAITING_FOR_ADDRESS "waiting for the server address on stdin"

/** W: a line came in that is no IPv4 address. */
#define UDP_CLIENT_EVENT_ADDRESS_REFUSED "address_refused text=\"%s\""

/** I: a socket was opened. */
#define UDP_CLIENT_EVENT_SOCKET_CREATED "Socket created"

/** E: no socket could be opened. errno. */
#define UDP_CLIENT_EVENT_SOCKET_FAILED "Unable to create socket: errno %d"

/** I: a datagram was handed to the network. Its number, counted from 0 since boot, and the time before the call. */
#define UDP_CLIENT_EVENT_SENT "sent seq=%" PRIu32 " at_us=%" PRId64

/** E: a datagram could not be sent. errno. */
#define UDP_CLIENT_EVENT_SEND_FAILED "Error occured during sending: errno %d"

/** E: follows a failed send: the socket is closed and a new one opened. */
#define UDP_CLIENT_EVENT_RESTARTING "Shutting down socket and restarting..."

/**
 * I: the server's "Ok!" arrived. Number of the latest datagram sent, arrival time, time since that datagram was sent,
 * datagrams sent since the last ack: above 1 nobody knows which of them this ack answers.
 */
#define UDP_CLIENT_EVENT_ACK "ack seq=%" PRIu32 " at_us=%" PRId64 " rtt_us=%" PRId64 " open=%" PRIu32

/** I: follows an ack that names the datagram that it answers ("Ok! #17"): that datagram's number. */
#define UDP_CLIENT_EVENT_ACK_NUMBER "ack_number seq=%" PRIu32

/** I: once a second, if configured (EXAMPLE_LOG_HEAP). Free heap in bytes. */
#define UDP_CLIENT_EVENT_HEAP "heap free_bytes=%" PRIu32

/** W: something else than the server's "Ok!" arrived. Its length in bytes, counted up to 128. */
#define UDP_CLIENT_EVENT_REPLY_UNEXPECTED "reply_unexpected len=%d"

/** W: the receive call failed. errno and its name. */
#define UDP_CLIENT_EVENT_RECEIVE_FAILED "receive_failed errno=%d name=%s"
