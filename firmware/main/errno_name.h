/**
 * @file
 * @brief Names of errno values.
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Name of an errno value, e.g. "ECONNRESET".
 *
 * The numbers differ between toolchains (EHOSTUNREACH is 118 on the ESP32 and 113 on Linux); the names don't.
 * Callable from any context.
 *
 * @param error Value of errno
 *
 * @return The name, or "unknown"; never NULL
 */
const char *errno_name(int error);

#ifdef __cplusplus
}
#endif
