/**
 * @file
 * @brief How the program tells the board that the chip resets.
 */
#pragma once

/** Exit code of the process: this, plus the esp_reset_reason_t that the chip boots with next. */
#define RESET_EXIT_CODE 64
