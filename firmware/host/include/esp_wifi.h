/**
 * @file
 * @brief For sources that include it and leave Wi-Fi to example_connect(): the shim has no radio.
 */
#pragma once

#include "esp_err.h"
