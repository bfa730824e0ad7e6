#ifndef RULES_NUMERAL_H
#define RULES_NUMERAL_H

/* How numbers are read and written, and what a decimal is as a double.
 *
 * Nothing here depends on the locale of the process. */

#include <stdbool.h>

#include "decimal.h"

#define NUMERAL_SIZE_MAX 200 /* longer decimals and integers are FAULT_LONG_NUMBER */

/* xs:decimal, xs:integer and xs:double of a text. FAULT_NO_DECIMAL, FAULT_NO_INTEGER and
 * FAULT_NO_NUMBER are about the text as given. */
bool decimal_parse(Text text, Decimal *result, Fault *fault);
bool integer_parse(Text text, Decimal *result, Fault *fault);
bool double_parse(Text text, double *result, Fault *fault);

/* The nearest double. */
double decimal_to_double(const Decimal *value);

/* The exact value of a finite double; FAULT_UNSUPPORTED when that is too long. */
bool decimal_of_double(double value, Decimal *result, Fault *fault);

/* fn:string: a decimal has no exponent and no zeros at its end, a double as few digits as tell it
 * from its neighbours. */
bool decimal_text(const Decimal *value, Arena *arena, Text *result, Fault *fault);
bool double_text(double value, Arena *arena, Text *result, Fault *fault);

#endif
