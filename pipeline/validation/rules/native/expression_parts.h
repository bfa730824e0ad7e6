#ifndef RULES_EXPRESSION_PARTS_H
#define RULES_EXPRESSION_PARTS_H

/* What the files of the evaluator share: a function for each operation. */

#include "expression.h"
#include "operations.h"

#define DECLARE_OPERATION(name, operands)                                                       \
    bool on_##name(Run *run, const Operation *operation, Value *result);
OPERATIONS(DECLARE_OPERATION)
#undef DECLARE_OPERATION

/* The node that an operation gives; anything else is not for this engine. */
bool node_of(Run *run, uint32_t number, NodeId *node);

/* Python's comparison of two values of one type. */
bool compare_values(Run *run, Relation relation, const Value *left, const Value *right,
                    bool *is_held);

static inline bool truth_given(Value *result, bool truth)
{
    *result = value_of_truth(truth);
    return true;
}

#endif
