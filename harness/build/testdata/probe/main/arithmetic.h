#pragma once
int divide(int dividend, int divisor);
