/**
 * @file
 * @brief Says in the log which application runs.
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Log project, version, SHA-256 of the ELF file and version of ESP-IDF, in the words of ESP-IDF's start-up code.
 *
 * Does nothing on a chip, where that code has logged them. Call it once, first of all, from the main task.
 */
void app_identity_log(void);

#ifdef __cplusplus
}
#endif
