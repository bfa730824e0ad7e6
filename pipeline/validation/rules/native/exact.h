#ifndef RULES_EXACT_H
#define RULES_EXACT_H

/* Doubles cast to xs:decimal: their exact value often has more digits than a `Decimal` holds, but
 * rules only compare it, which needs no digits. */

#include <stdbool.h>

#include "decimal.h"

/* Compares a decimal with the exact value of a finite double: `*order` is negative, 0 or positive.
 * False when the numbers are too wide apart in size for this engine. */
bool exact_compare(const Decimal *left, double right, int *order);

#endif
