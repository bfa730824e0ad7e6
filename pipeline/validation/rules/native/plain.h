#ifndef RULES_PLAIN_H
#define RULES_PLAIN_H

/* Whether bytes are a document of the plain kind, before anything parses them. */

#include <stdbool.h>
#include <stddef.h>

/* UTF-8 that calls itself nothing else, XML 1.0, no DOCTYPE, and at most so many tags and
 * attributes by their first characters. Text can make a plain document look otherwise, never the
 * other way round. */
bool document_is_plain(const char *data, size_t size, size_t nodes_max);

#endif
