#include "expression.h"

#include "builtins.h"
#include "expression_parts.h"

#define ARGUMENTS_MAX 64

typedef bool (*Evaluator)(Run *run, const Operation *operation, Value *result);

/* -- values at hand */

bool on_CONSTANT(Run *run, const Operation *operation, Value *result)
{
    *result = run->program->constants[operation->a];
    return true;
}

bool on_LENGTH(Run *run, const Operation *operation, Value *result)
{
    const Operation *counted = run->program->operations + operation->a;
    uint32_t count = 0;
    NodeId node;
    if (counted->kind != OPERATION_NAMED) {
        Value all;
        return evaluate(run, operation->a, &all) && builtin_call(run, BUILTIN_len, &all, 1, result);
    }
    if (!node_of(run, counted->a, &node))
        return false;
    NamedChildren walk = tree_named(run->tree, node, counted->b, &run->checker->kept);
    while (tree_next_named(run->tree, &walk) != NO_NODE && spend(run, 1))
        count++;
    *result = value_of_number(number_of_int(count));
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

bool on_IF(Run *run, const Operation *operation, Value *result)
{
    bool truth;
    return holds(run, operation->a, &truth) &&
           evaluate(run, truth ? operation->b : operation->c, result);
}

/* -- arithmetic */

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
