#ifndef RULES_CASING_H
#define RULES_CASING_H

/* Upper and lower case of the characters that invoices are written in.
 *
 * Only of those where one character becomes one, whatever stands around it, and whose UTF-8 is not
 * longer afterwards. */

#include <stdint.h>

#define CASING_UNKNOWN UINT32_MAX

/* The character in the other case, itself where it has none, or CASING_UNKNOWN. */
uint32_t casing_upper(uint32_t point);
uint32_t casing_lower(uint32_t point);

#endif
