#ifndef RULES_WIDE_H
#define RULES_WIDE_H

/* Whole numbers of 256 bits: room for the product of two coefficients and for what stands above
 * the line of a quotient. Limbs of 32 bits are what every compiler multiplies and divides. */

#include <stdbool.h>
#include <stdint.h>

#define WIDE_LIMBS 8
#define WIDE_POWER_MAX 77 /* 10**77 is the greatest power of ten that fits */

typedef struct {
    uint32_t limbs[WIDE_LIMBS]; /* the least first */
} Wide;

Wide wide_of(uint64_t high, uint64_t low);

/* The two words of a number, false when it needs more. */
bool wide_to_words(const Wide *value, uint64_t *high, uint64_t *low);

bool wide_is_zero(const Wide *value);
int wide_compare(const Wide *left, const Wide *right);

/* The product of two numbers below 2**128. */
Wide wide_product(const Wide *left, const Wide *right);

/* These change `value`; false when it would not fit. `right` must not be the greater one. */
bool wide_add(Wide *value, const Wide *right);
void wide_subtract(Wide *value, const Wide *right);
bool wide_multiply_by(Wide *value, uint32_t factor);
bool wide_scale(Wide *value, unsigned power_of_ten);

/* `value` becomes the quotient; gives the remainder. */
uint32_t wide_divide_by(Wide *value, uint32_t divisor);
Wide wide_divide(Wide *value, const Wide *divisor);

#endif
