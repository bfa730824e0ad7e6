/* Builtins that compare values whose types are known at run time only; see comparison.py. */

#include "builtin_parts.h"

static bool relation_in(Run *run, const Value *value, Relation *relation)
{
    int64_t number;
    if (!small_integer(run, value, &number))
        return false;
    *relation = (Relation)number;
    return number <= RELATION_GREATER_OR_EQUAL || unsupported(run);
}

bool builtin_both(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Relation relation;
    bool is_held;
    if (arguments[1].kind == VALUE_NONE || arguments[2].kind == VALUE_NONE)
        return truth_given(result, false);
    return relation_in(run, arguments, &relation) &&
           compare_values(run, relation, arguments + 1, arguments + 2, &is_held) &&
           truth_given(result, is_held);
}


/* Values that have types of their own. */
static bool compare_typed(Run *run, Relation relation, const Value *left, const Value *right,
                          bool *is_held)
{
    Text text, other;
    if (left->kind == right->kind)
        return compare_values(run, relation, left, right, is_held);
    if (!text_of_item(run, left, &text) || !text_of_item(run, right, &other))
        return false;
    run->fault = (Fault){.kind = FAULT_OTHER_TYPES, .text = text, .other = other};
    return false;
}

/* Untyped text cast to the type of the value beside it. */
static bool cast_like(Run *run, const Value *model, const Value *text, Value *result)
{
    switch (model->kind) {
    case VALUE_TEXT: *result = value_of_text(text->as.text); return true;
    case VALUE_BOOLEAN: return builtin_boolean_of(run, text, 1, result);
    case VALUE_DATE: return builtin_date_of(run, text, 1, result);
    default: return builtin_double_of(run, text, 1, result);
    }
}

static bool compare_with_untyped(Run *run, Relation relation, const Value *untyped,
                                 const Value *other, bool is_left, bool *is_held)
{
    Value value, plain = *other;
    if (!cast_like(run, other, untyped, &value))
        return false;
    if (other->kind == VALUE_NUMBER && !builtin_float(run, other, 1, &plain))
        return false;
    return is_left ? compare_typed(run, relation, &value, &plain, is_held)
                   : compare_typed(run, relation, &plain, &value, is_held);
}

static bool compare_atoms(Run *run, Relation relation, const Value *left, const Value *right,
                          bool *is_held)
{
    bool is_left = left->kind == VALUE_UNTYPED, is_right = right->kind == VALUE_UNTYPED;
    if (is_left && is_right) {
        *is_held = relation_of_order(relation, text_compare(left->as.text, right->as.text));
        return true;
    }
    if (is_left)
        return compare_with_untyped(run, relation, left, right, true, is_held);
    if (is_right)
        return compare_with_untyped(run, relation, right, left, false, is_held);
    return compare_typed(run, relation, left, right, is_held);
}

/* A general comparison: whether it holds for any pair of items, up to the first one. */
bool builtin_any_pair(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Relation relation;
    bool is_held = false;
    if (!relation_in(run, arguments, &relation))
        return false;
    if (!is_sequence(arguments + 1) || !is_sequence(arguments + 2))
        return unsupported(run);
    for (uint32_t place = 0; place < arguments[1].count; place++) {
        Value item = value_at(arguments + 1, place), left = atom_of(run, &item);
        for (uint32_t other = 0; other < arguments[2].count; other++) {
            Value its = value_at(arguments + 2, other), right = atom_of(run, &its);
            if (!spend(run, 1) || !compare_atoms(run, relation, &left, &right, &is_held))
                return false;
            if (is_held)
                return truth_given(result, true);
        }
    }
    return truth_given(result, false);
}

/* The only item of a value comparison, in which untyped text is a string. */
static bool typed(Run *run, const Value *items, Value *value)
{
    if (!builtin_at_most_one(run, items, 1, value))
        return false;
    *value = atom_of(run, value);
    if (value->kind == VALUE_UNTYPED)
        value->kind = VALUE_TEXT;
    return true;
}

bool builtin_compared(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Relation relation;
    Value left, right;
    bool is_held;
    if (!relation_in(run, arguments, &relation) || !typed(run, arguments + 1, &left) ||
        !typed(run, arguments + 2, &right))
        return false;
    if (left.kind == VALUE_NONE || right.kind == VALUE_NONE)
        return truth_given(result, false);
    return compare_typed(run, relation, &left, &right, &is_held) && truth_given(result, is_held);
}

/* -- values without repetitions */

static bool is_same(Run *run, const Value *left, const Value *right, bool *same)
{
    *same = false;
    if (left->kind != right->kind)
        return true;
    if (left->kind == VALUE_NODE) {
        *same = left->as.node == right->as.node;
        return true;
    }
    return compare_values(run, RELATION_EQUAL, left, right, same);
}

static bool is_known(Run *run, const Sequence *found, const Value *value, bool *known)
{
    Value all = sequence_value(found);
    *known = false;
    for (uint32_t place = 0; place < found->count && !*known; place++) {
        Value other = value_at(&all, place);
        if (!spend(run, 1) || !is_same(run, value, &other, known))
            return false;
    }
    return true;
}

bool builtin_distinct_values(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    bool known;
    if (!is_sequence(arguments))
        return unsupported(run);
    for (uint32_t place = 0; place < arguments[0].count; place++) {
        Value value = value_at(arguments, place);
        if (value.kind == VALUE_UNTYPED)
            value.kind = VALUE_TEXT;
        if (!is_known(run, &found, &value, &known) ||
            (!known && !sequence_add(run, &found, &value)))
            return false;
    }
    *result = sequence_value(&found);
    return true;
}
