#ifndef RULES_DECIMAL_H
#define RULES_DECIMAL_H

/* Exact decimal numbers: a coefficient of 128 bits, a sign, and the count of decimal places.
 *
 * The same as Python's `Decimal` under the context EXACT of the runtime, negative zero among it.
 * A result that does not fit is FAULT_UNSUPPORTED, never rounded. xs:integer is a decimal without
 * places. numeral.h reads and writes them. */

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

#define DECIMAL_PLACES_MAX 1000
#define QUOTIENT_PLACES 18

typedef struct {
    uint64_t high; /* the coefficient is high * 2**64 + low */
    uint64_t low;
    uint16_t places;
    bool is_negative; /* may be set on zero */
} Decimal;

Decimal decimal_of_int(int64_t value);

/* Negative, 0 or positive; exact for any two. */
int decimal_compare(const Decimal *left, const Decimal *right);
bool decimal_is_zero(const Decimal *value);

bool decimal_add(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault);
bool decimal_subtract(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault);
bool decimal_multiply(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault);

/* The product of two xs:integer, among which there is no negative zero. */
bool integer_multiply(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault);

/* `div`: 18 places, or as many as an operand has when that is more; halves go towards zero.
 * FAULT_ZERO. */
bool decimal_divide(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault);

/* `div 10**power` as the runtime's by_power_of_ten: the same number as the quotient, with the
 * places that later quotients depend on. */
bool decimal_shift(const Decimal *value, unsigned power, Decimal *result, Fault *fault);

/* `idiv` and `mod`: towards zero, and what is left over with the sign of `left`. FAULT_ZERO. */
bool decimal_divide_whole(const Decimal *left, const Decimal *right, Decimal *result,
                          Fault *fault);
bool decimal_remainder(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault);

Decimal decimal_negative(const Decimal *value); /* zero keeps its sign */
Decimal decimal_absolute(const Decimal *value);

/* fn:round (halves towards positive infinity), fn:floor, fn:ceiling, and without the fraction
 * (xs:integer); none has places or a negative zero afterwards. */
Decimal decimal_round(const Decimal *value);
Decimal decimal_floor(const Decimal *value);
Decimal decimal_ceiling(const Decimal *value);
Decimal decimal_truncate(const Decimal *value);

/* The value as int64_t; false when it has a fraction or is out of range. */
bool decimal_to_int(const Decimal *value, int64_t *result);

#endif
