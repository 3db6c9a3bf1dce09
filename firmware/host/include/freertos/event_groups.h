/**
 * @file
 * @brief For sources that include it out of habit: the shim has no event groups.
 */
#pragma once

#include "freertos/FreeRTOS.h"
