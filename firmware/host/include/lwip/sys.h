/**
 * @file
 * @brief For sources that include it out of habit: the host's operating system does what it is for.
 */
#pragma once

#include "lwip/err.h"
