#ifndef RULES_INDEX_H
#define RULES_INDEX_H

/* Nodes by a text of theirs: what `indexed` makes of pairs of a text and a node. */

#include "run.h"

bool index_make(Run *run, const Value *pairs, Value *result);

/* The nodes with this text, in the order in which they came. */
Value index_find(const Index *index, Text text);

#endif
