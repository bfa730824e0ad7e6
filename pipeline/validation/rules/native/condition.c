/* Operations that are true or false, and the truth of others, without a value between them. */

#include "exact.h"
#include "expression_parts.h"

typedef bool (*Condition)(Run *run, const Operation *operation, bool *is_held);

static bool is_held_as(bool *is_held, bool truth)
{
    *is_held = truth;
    return true;
}

/* -- logic */

static bool parts_hold(Run *run, const Operation *operation, bool stops_at, bool *is_held)
{
    const uint32_t *parts = run->program->operands + operation->a;
    *is_held = !stops_at;
    for (uint32_t place = 0; place < operation->count && *is_held != stops_at; place++)
        if (!holds(run, parts[place], is_held))
            return false;
    return true;
}

static bool if_AND(Run *run, const Operation *operation, bool *is_held)
{
    return parts_hold(run, operation, false, is_held);
}

static bool if_OR(Run *run, const Operation *operation, bool *is_held)
{
    return parts_hold(run, operation, true, is_held);
}

static bool if_NOT(Run *run, const Operation *operation, bool *is_held)
{
    bool truth;
    return holds(run, operation->a, &truth) && is_held_as(is_held, !truth);
}

static bool if_TRUTH(Run *run, const Operation *operation, bool *is_held)
{
    return holds(run, operation->a, is_held);
}

static bool if_IS_NONE(Run *run, const Operation *operation, bool *is_held)
{
    Value value;
    return evaluate(run, operation->a, &value) && is_held_as(is_held, value.kind == VALUE_NONE);
}

static bool if_IS_SOME(Run *run, const Operation *operation, bool *is_held)
{
    Value value;
    return evaluate(run, operation->a, &value) && is_held_as(is_held, value.kind != VALUE_NONE);
}

/* -- comparisons */

static bool are_texts(const Value *left, const Value *right)
{
    return (left->kind == VALUE_TEXT || left->kind == VALUE_UNTYPED) &&
           (right->kind == VALUE_TEXT || right->kind == VALUE_UNTYPED);
}

/* The exact value of a double beside another exact number. */
static bool compare_long(Run *run, Relation relation, const Value *left, const Value *right,
                         bool *is_held)
{
    int order;
    bool is_left = left->kind == VALUE_LONG_DECIMAL;
    const Value *longer = is_left ? left : right, *other = is_left ? right : left;
    if (other->kind == VALUE_LONG_DECIMAL) {
        *is_held = relation_of_doubles(relation, left->as.inexact, right->as.inexact);
        return true;
    }
    if (other->kind != VALUE_NUMBER || other->as.number.kind == NUMBER_DOUBLE ||
        !exact_compare(&other->as.number.as.exact, longer->as.inexact, &order))
        return unsupported(run);
    *is_held = relation_of_order(relation, is_left ? -order : order);
    return true;
}

bool compare_values(Run *run, Relation relation, const Value *left, const Value *right,
                    bool *is_held)
{
    if (are_texts(left, right))
        *is_held = relation_of_order(relation, text_compare(left->as.text, right->as.text));
    else if (left->kind == VALUE_LONG_DECIMAL || right->kind == VALUE_LONG_DECIMAL)
        return compare_long(run, relation, left, right, is_held);
    else if (left->kind != right->kind)
        return unsupported(run);
    else if (left->kind == VALUE_NUMBER)
        *is_held = relation_of_numbers(relation, &left->as.number, &right->as.number);
    else if (left->kind == VALUE_BOOLEAN)
        *is_held = relation_of_order(relation, (int)left->as.truth - (int)right->as.truth);
    else if (left->kind == VALUE_DATE)
        *is_held = relation_of_order(relation, left->as.date < right->as.date   ? -1
                                               : left->as.date > right->as.date ? 1
                                                                                : 0);
    else
        return unsupported(run);
    return true;
}

static bool if_COMPARE(Run *run, const Operation *operation, bool *is_held)
{
    Value left, right;
    return evaluate(run, operation->b, &left) && evaluate(run, operation->c, &right) &&
           compare_values(run, (Relation)operation->a, &left, &right, is_held);
}

static bool if_IN(Run *run, const Operation *operation, bool *is_held)
{
    Value item, all;
    if (!evaluate(run, operation->a, &item) || !evaluate(run, operation->b, &all))
        return false;
    if (item.kind != VALUE_TEXT && item.kind != VALUE_UNTYPED)
        return unsupported(run);
    if (all.kind == VALUE_SET)
        return is_held_as(is_held, program_has_string(run->program, all.as.set, item.as.text));
    if (all.kind == VALUE_TEXT)
        return is_held_as(is_held, text_contains(all.as.text, item.as.text));
    return unsupported(run);
}

/* -- nodes */

static bool if_CHILDREN(Run *run, const Operation *operation, bool *is_held)
{
    NodeId node;
    return node_of(run, operation->a, &node) &&
           is_held_as(is_held, tree_child(run->tree, node) != NO_NODE);
}

static bool if_HAS_NAMED(Run *run, const Operation *operation, bool *is_held)
{
    NodeId node;
    if (!node_of(run, operation->a, &node))
        return false;
    NamedChildren walk = tree_named(run->tree, node, operation->b, &run->checker->kept);
    return is_held_as(is_held, tree_next_named(run->tree, &walk) != NO_NODE);
}

static bool if_HAS_NAME(Run *run, const Operation *operation, bool *is_held)
{
    NodeId node;
    return node_of(run, operation->a, &node) &&
           is_held_as(is_held, tree_node(run->tree, node)->symbol == operation->b);
}

static bool if_HAS_ATTRIBUTE(Run *run, const Operation *operation, bool *is_held)
{
    NodeId node;
    return node_of(run, operation->a, &node) &&
           is_held_as(is_held, tree_attribute(run->tree, node, operation->b) != NULL);
}

static bool if_COLLECTED(Run *run, const Operation *operation, bool *is_held)
{
    return is_held_as(is_held, run->checker->collected[operation->a].count > 0);
}

/* -- all of them */

#define ITS_VALUE(name)                                                        \
    bool on_##name(Run *run, const Operation *operation, Value *result)        \
    {                                                                          \
        bool is_held = false;                                                  \
        return if_##name(run, operation, &is_held) && truth_given(result, is_held); \
    }

ITS_VALUE(NOT)
ITS_VALUE(TRUTH)
ITS_VALUE(IS_NONE)
ITS_VALUE(IS_SOME)
ITS_VALUE(COMPARE)
ITS_VALUE(IN)
ITS_VALUE(HAS_NAMED)
ITS_VALUE(HAS_NAME)
ITS_VALUE(HAS_ATTRIBUTE)

/* NULL where the truth is that of the value. */
static const Condition CONDITIONS[OPERATION_COUNT] = {
    [OPERATION_AND] = if_AND,
    [OPERATION_OR] = if_OR,
    [OPERATION_NOT] = if_NOT,
    [OPERATION_TRUTH] = if_TRUTH,
    [OPERATION_IS_NONE] = if_IS_NONE,
    [OPERATION_IS_SOME] = if_IS_SOME,
    [OPERATION_COMPARE] = if_COMPARE,
    [OPERATION_IN] = if_IN,
    [OPERATION_CHILDREN] = if_CHILDREN,
    [OPERATION_NAMED] = if_HAS_NAMED,
    [OPERATION_HAS_NAMED] = if_HAS_NAMED,
    [OPERATION_HAS_NAME] = if_HAS_NAME,
    [OPERATION_HAS_ATTRIBUTE] = if_HAS_ATTRIBUTE,
    [OPERATION_COLLECTED] = if_COLLECTED,
};

bool holds(Run *run, uint32_t number, bool *result)
{
    const Operation *operation = run->program->operations + number;
    Condition condition = CONDITIONS[operation->kind];
    Value value;
    if (condition == NULL) {
        if (!evaluate(run, number, &value))
            return false;
        *result = is_true(&value);
        return true;
    }
    if (run->nested == NESTED_MAX || !spend(run, 1))
        return unsupported(run);
    run->nested++;
    bool is_fine = condition(run, operation, result);
    run->nested--;
    return is_fine;
}
