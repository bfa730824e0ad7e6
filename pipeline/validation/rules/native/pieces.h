#ifndef RULES_PIECES_H
#define RULES_PIECES_H

/* A document given to expat piece by piece, as it cannot be stopped inside one. */

#include <stdbool.h>
#include <stddef.h>

#include "expat.h"

/* Whether all of the document was parsed well, before `*flag` came to be `stops_at`. */
bool parse_pieces(const Expat *expat, XML_Parser parser, const char *data, size_t size,
                  const bool *flag, bool stops_at);

#endif
