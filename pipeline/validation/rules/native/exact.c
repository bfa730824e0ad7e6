#include "exact.h"

#include <math.h>

#include "number.h"
#include "wide.h"

#define DIGITS_OF_DOUBLE 53
#define BITS_MAX 256
#define LIMB_BITS 32

static bool shift(Wide *value, unsigned bits)
{
    for (; bits >= LIMB_BITS - 1; bits -= LIMB_BITS - 1)
        if (!wide_multiply_by(value, 1u << (LIMB_BITS - 1)))
            return false;
    return wide_multiply_by(value, 1u << bits);
}

/* Compares coefficient / 10**places with mantissa * 2**exponent, both without their signs, by
 * multiplying what stands below each line with what stands above the other. */
static bool compare_sizes(const Decimal *left, double right, int *order)
{
    int exponent;
    double fraction = frexp(fabs(right), &exponent);
    uint64_t mantissa = (uint64_t)ldexp(fraction, DIGITS_OF_DOUBLE);
    Wide one = wide_of(left->high, left->low), other = wide_of(0, mantissa);
    exponent -= DIGITS_OF_DOUBLE;
    if (left->places > WIDE_POWER_MAX || exponent < -BITS_MAX || exponent > BITS_MAX)
        return false;
    if (!wide_scale(&other, left->places))
        return false;
    if (exponent < 0 ? !shift(&one, (unsigned)-exponent) : !shift(&other, (unsigned)exponent))
        return false;
    *order = wide_compare(&one, &other);
    return true;
}

bool exact_compare(const Decimal *left, double right, int *order)
{
    /* Rounding keeps the order: only numbers with the same nearest double need a closer look. */
    Number number = number_of_decimal(*left);
    double nearest = number_to_double(&number);
    if (nearest != right) {
        *order = nearest < right ? -1 : 1;
        return true;
    }
    if (!compare_sizes(left, right, order))
        return false;
    if (right < 0)
        *order = -*order;
    return true;
}
