/**
 * @file
 * @brief The host's resolver under lwIP's name.
 */
#pragma once

#include <netdb.h>
