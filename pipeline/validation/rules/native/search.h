#ifndef RULES_SEARCH_H
#define RULES_SEARCH_H

/* Where one text occurs in another. */

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* The byte offset of the first occurrence. The time is linear in both texts; no memory is taken. */
bool search_first(Text text, Text part, uint32_t *place);

#endif
