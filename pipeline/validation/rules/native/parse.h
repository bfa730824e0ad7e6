#ifndef RULES_PARSE_H
#define RULES_PARSE_H

/* One pass of expat over a document, in which the tree is built and the automaton driven. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker.h"

/* Fills the checker with a document. False for what is refused, is no XML or is odd in any way:
 * the Python engine then finds the words for it. */
bool parse_document(Checker *checker, const char *data, size_t size);

/* The lines of nodes, which are given in document order. Lines are asked for findings only, so that
 * they are not worth keeping for every element. */
bool parse_lines(const Expat *expat, const char *data, size_t size, const NodeId *nodes,
                 uint32_t count, uint32_t *lines);

#endif
