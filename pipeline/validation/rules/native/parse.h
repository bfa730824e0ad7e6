#ifndef RULES_PARSE_H
#define RULES_PARSE_H

/* One pass over a document, in which the tree is built and the automaton driven, and the
 * structure checked. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checker.h"
#include "structure.h"

/* Fills the checker with a document. False for what is refused, is no XML or is odd in any way:
 * the Python engine then finds the words for it. With a `structure` also false for a document that
 * the structure does not accept. What was parsed points into `data`. */
bool parse_document(Checker *checker, const char *data, size_t size, StructureCheck *structure);

/* The lines of nodes of the document that was parsed, which are given in document order. Lines are
 * asked for findings only, so that they are not worth keeping for every element. */
bool parse_lines(Scan *scan, const char *data, size_t size, const NodeId *nodes,
                 uint32_t count, uint32_t *lines);

#endif
