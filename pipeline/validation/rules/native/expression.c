#include "expression.h"

#include "builtins.h"
#include "exact.h"
#include "expression_parts.h"

#define ARGUMENTS_MAX 64

typedef bool (*Evaluator)(Run *run, const Operation *operation, Value *result);

/* -- values at hand */

bool on_CONSTANT(Run *run, const Operation *operation, Value *result)
{
    *result = run->program->constants[operation->a];
    return true;
}

bool on_LOCAL(Run *run, const Operation *operation, Value *result)
{
    if (operation->a >= run->slots)
        return unsupported(run);
    *result = run->frame[operation->a];
    return result->kind != VALUE_FAULT || unsupported(run);
}

bool on_ROOT(Run *run, const Operation *operation, Value *result)
{
    (void)run, (void)operation;
    *result = value_of_node(0);
    return true;
}

bool on_TOP(Run *run, const Operation *operation, Value *result)
{
    (void)operation;
    *result = value_of_node(tree_child(run->tree, 0));
    return true;
}

bool on_COLLECTED(Run *run, const Operation *operation, Value *result)
{
    const Vector *found = run->checker->collected + operation->a;
    *result = value_of_nodes(found->items, found->count);
    return true;
}

/* -- logic */

static bool both_or_either(Run *run, const Operation *operation, Value *result, bool stops_at)
{
    const uint32_t *parts = run->program->operands + operation->a;
    *result = value_of_truth(!stops_at);
    for (uint32_t place = 0; place < operation->count; place++) {
        if (!evaluate(run, parts[place], result))
            return false;
        if (is_true(result) == stops_at)
            return true;
    }
    return true;
}

bool on_AND(Run *run, const Operation *operation, Value *result)
{
    return both_or_either(run, operation, result, false);
}

bool on_OR(Run *run, const Operation *operation, Value *result)
{
    return both_or_either(run, operation, result, true);
}

bool on_NOT(Run *run, const Operation *operation, Value *result)
{
    bool truth;
    return holds(run, operation->a, &truth) && truth_given(result, !truth);
}

bool on_IF(Run *run, const Operation *operation, Value *result)
{
    bool truth;
    return holds(run, operation->a, &truth) &&
           evaluate(run, truth ? operation->b : operation->c, result);
}

bool on_IS_NONE(Run *run, const Operation *operation, Value *result)
{
    return evaluate(run, operation->a, result) && truth_given(result, result->kind == VALUE_NONE);
}

bool on_IS_SOME(Run *run, const Operation *operation, Value *result)
{
    return evaluate(run, operation->a, result) && truth_given(result, result->kind != VALUE_NONE);
}

bool on_TRUTH(Run *run, const Operation *operation, Value *result)
{
    bool is_held;
    return holds(run, operation->a, &is_held) && truth_given(result, is_held);
}

/* -- comparisons and arithmetic */

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

bool on_COMPARE(Run *run, const Operation *operation, Value *result)
{
    Value left, right;
    bool is_held;
    return evaluate(run, operation->b, &left) && evaluate(run, operation->c, &right) &&
           compare_values(run, (Relation)operation->a, &left, &right, &is_held) &&
           truth_given(result, is_held);
}

bool on_IN(Run *run, const Operation *operation, Value *result)
{
    Value item, all;
    if (!evaluate(run, operation->a, &item) || !evaluate(run, operation->b, &all))
        return false;
    if (item.kind != VALUE_TEXT && item.kind != VALUE_UNTYPED)
        return unsupported(run);
    if (all.kind == VALUE_SET)
        return truth_given(result, program_has_string(run->program, all.as.set, item.as.text));
    if (all.kind == VALUE_TEXT)
        return truth_given(result, text_contains(all.as.text, item.as.text));
    return unsupported(run);
}

typedef bool (*OnNumbers)(const Number *left, const Number *right, Number *result, Fault *fault);

static bool arithmetic(Run *run, const Operation *operation, Value *result, OnNumbers calculate)
{
    Value left, right;
    if (!evaluate(run, operation->a, &left) || !evaluate(run, operation->b, &right))
        return false;
    if (left.kind != VALUE_NUMBER || right.kind != VALUE_NUMBER)
        return unsupported(run);
    *result = (Value){.kind = VALUE_NUMBER};
    return calculate(&left.as.number, &right.as.number, &result->as.number, &run->fault);
}

bool on_ADD(Run *run, const Operation *operation, Value *result)
{
    return arithmetic(run, operation, result, number_add);
}

bool on_SUBTRACT(Run *run, const Operation *operation, Value *result)
{
    return arithmetic(run, operation, result, number_subtract);
}

bool on_MULTIPLY(Run *run, const Operation *operation, Value *result)
{
    return arithmetic(run, operation, result, number_multiply);
}

/* -- calls */

static bool arguments_of(Run *run, const Operation *operation, Value *arguments)
{
    const uint32_t *parts = run->program->operands + operation->a;
    if (operation->count > ARGUMENTS_MAX)
        return unsupported(run);
    for (uint32_t place = 0; place < operation->count; place++)
        if (!evaluate(run, parts[place], arguments + place))
            return false;
    return true;
}

bool on_CALL(Run *run, const Operation *operation, Value *result)
{
    Value arguments[8];
    if (operation->count > 8)
        return unsupported(run);
    return arguments_of(run, operation, arguments) &&
           call_function(run, operation->b, arguments, result);
}

bool on_BUILTIN(Run *run, const Operation *operation, Value *result)
{
    Value few[4], *arguments = few;
    if (operation->count > 4)
        arguments = arena_take_many(run->arena, operation->count, sizeof(Value));
    if (arguments == NULL)
        return unsupported(run);
    if (!arguments_of(run, operation, arguments))
        return false;
    run->pattern = run->program->patterns[operation - run->program->operations];
    return builtin_call(run, operation->b, arguments, operation->count, result);
}

/* -- all of them */

#define EVALUATOR(name, operands) on_##name,
static const Evaluator EVALUATORS[OPERATION_COUNT] = {OPERATIONS(EVALUATOR)};

bool evaluate(Run *run, uint32_t number, Value *result)
{
    const Operation *operation = run->program->operations + number;
    if (run->nested == NESTED_MAX || !spend(run, 1))
        return unsupported(run);
    run->nested++;
    bool is_fine = EVALUATORS[operation->kind](run, operation, result);
    run->nested--;
    return is_fine;
}

/* Conditions inside one another need no values between them. */
static bool parts_hold(Run *run, const Operation *operation, bool stops_at, bool *result)
{
    const uint32_t *parts = run->program->operands + operation->a;
    bool is_fine = run->nested < NESTED_MAX || unsupported(run);
    *result = !stops_at;
    run->nested++;
    for (uint32_t place = 0; is_fine && place < operation->count && *result != stops_at; place++)
        is_fine = holds(run, parts[place], result);
    run->nested--;
    return is_fine;
}

bool holds(Run *run, uint32_t number, bool *result)
{
    const Operation *operation = run->program->operations + number;
    Value value;
    switch (operation->kind) {
    case OPERATION_AND: return parts_hold(run, operation, false, result);
    case OPERATION_OR: return parts_hold(run, operation, true, result);
    case OPERATION_NOT:
        if (!holds(run, operation->a, result))
            return false;
        *result = !*result;
        return true;
    default:
        if (!evaluate(run, number, &value))
            return false;
        *result = is_true(&value);
        return true;
    }
}
