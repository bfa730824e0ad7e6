#ifndef RULES_SEARCH_H
#define RULES_SEARCH_H

/* Where one text occurs in another. */

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* The byte offset of the first occurrence, found in time linear in both texts and without memory. */
bool search_first(Text text, Text part, uint32_t *place);

#endif
