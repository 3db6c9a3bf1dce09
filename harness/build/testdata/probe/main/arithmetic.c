#include "arithmetic.h"

int divide(int dividend, int divisor)
{
    return dividend / divisor;
}
