#ifndef RULES_BUILTIN_PARTS_H
#define RULES_BUILTIN_PARTS_H

/* What the files of builtins share. Every builtin may count on the number of its arguments, but not
 * on their kinds: what Python never calls it with is `unsupported`. */

#include "builtins.h"
#include "expression_parts.h"
#include "index.h"
#include "operations.h"

#define DECLARE(name, least, most)                                                              \
    bool builtin_##name(Run *run, const Value *arguments, uint32_t count, Value *result);
BUILTINS(DECLARE)
#undef DECLARE

/* fn:string of one item. */
bool text_of_item(Run *run, const Value *item, Text *text);

/* A node as untyped text, anything else as it is. */
Value atom_of(const Run *run, const Value *item);

/* An integer that the compiler writes as an argument. */
bool small_integer(Run *run, const Value *value, int64_t *result);

/* Whether a number is whole and fits. */
bool whole_number(const Number *number, int64_t *result);

bool reverse_nodes(Run *run, const Value *nodes, Value *result);

#endif
