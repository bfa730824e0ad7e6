/* Operations on sequences, loops among them. */

#include "expression_parts.h"
#include "index.h"

bool on_SEQUENCE(Run *run, const Operation *operation, Value *result)
{
    const uint32_t *parts = run->program->operands + operation->a;
    Sequence found = {0};
    for (uint32_t place = 0; place < operation->count; place++) {
        const Operation *part = run->program->operations + parts[place];
        bool is_splice = part->kind == OPERATION_SPLICE;
        Value value;
        if (!evaluate(run, is_splice ? part->a : parts[place], &value))
            return false;
        if (is_splice ? !sequence_add_all(run, &found, &value) : !sequence_add(run, &found, &value))
            return false;
    }
    *result = sequence_value(&found);
    return true;
}

/* Loops: clauses inside one another, and what is done for each way through them. */
typedef struct {
    OperationKind kind; /* what is made: a list, any or all */
    uint32_t element;
    Sequence found;
    bool is_any;
    bool is_all;
} Loop;

static bool run_clauses(Run *run, const uint32_t *clauses, uint32_t count, Loop *loop);

static bool run_element(Run *run, Loop *loop)
{
    bool is_held;
    Value value;
    if (loop->kind == OPERATION_LIST)
        return evaluate(run, loop->element, &value) && sequence_add(run, &loop->found, &value);
    if (!holds(run, loop->element, &is_held))
        return false;
    loop->is_any |= is_held;
    loop->is_all &= is_held;
    return true;
}

static bool run_with(Run *run, const Operation *clause, Value value, const uint32_t *rest,
                     uint32_t count, Loop *loop)
{
    if (run->nested == NESTED_MAX || !spend(run, 1))
        return unsupported(run);
    run->frame[clause->a] = value;
    run->nested++;
    bool is_fine = run_clauses(run, rest, count, loop);
    run->nested--;
    return is_fine;
}

/* Children by name are not listed first: most loops go over them. */
static bool run_over_named(Run *run, const Operation *clause, const Operation *source,
                           const uint32_t *rest, uint32_t count, Loop *loop)
{
    NodeId node, child;
    if (!node_of(run, source->a, &node))
        return false;
    NamedChildren walk = tree_named(run->tree, node, source->b, &run->checker->kept);
    while ((child = tree_next_named(run->tree, &walk)) != NO_NODE)
        if (!run_with(run, clause, value_of_node(child), rest, count, loop))
            return false;
    return true;
}

static bool run_for(Run *run, const Operation *clause, const uint32_t *rest, uint32_t count,
                    Loop *loop)
{
    const Operation *source = run->program->operations + clause->b;
    Value values;
    if (clause->a >= run->slots)
        return unsupported(run);
    if (source->kind == OPERATION_NAMED)
        return run_over_named(run, clause, source, rest, count, loop);
    if (!evaluate(run, clause->b, &values))
        return false;
    if (!is_sequence(&values))
        return unsupported(run);
    for (uint32_t place = 0; place < values.count; place++)
        if (!run_with(run, clause, value_at(&values, place), rest, count, loop))
            return false;
    return true;
}

static bool run_clauses(Run *run, const uint32_t *clauses, uint32_t count, Loop *loop)
{
    bool is_held;
    for (; count > 0; clauses++, count--) {
        const Operation *clause = run->program->operations + *clauses;
        if (clause->kind == OPERATION_FOR)
            return run_for(run, clause, clauses + 1, count - 1, loop);
        if (clause->kind != OPERATION_WHERE)
            return unsupported(run);
        if (!holds(run, clause->a, &is_held))
            return false;
        if (!is_held)
            return true;
    }
    return run_element(run, loop);
}

static bool loop(Run *run, const Operation *operation, Value *result)
{
    Loop loop = {.kind = (OperationKind)operation->kind, .element = operation->b, .is_all = true};
    if (!run_clauses(run, run->program->operands + operation->a, operation->count, &loop))
        return false;
    if (loop.kind == OPERATION_LIST)
        *result = sequence_value(&loop.found);
    else
        *result = value_of_truth(loop.kind == OPERATION_ANY ? loop.is_any : loop.is_all);
    return true;
}

bool on_LIST(Run *run, const Operation *operation, Value *result)
{
    return loop(run, operation, result);
}

bool on_ANY(Run *run, const Operation *operation, Value *result)
{
    return loop(run, operation, result);
}

bool on_ALL(Run *run, const Operation *operation, Value *result)
{
    return loop(run, operation, result);
}

static bool meaningless(Run *run, const Operation *operation, Value *result)
{
    (void)operation, (void)result;
    return unsupported(run); /* it means nothing outside a loop */
}

bool on_FOR(Run *run, const Operation *operation, Value *result)
{
    return meaningless(run, operation, result);
}

bool on_WHERE(Run *run, const Operation *operation, Value *result)
{
    return meaningless(run, operation, result);
}

bool on_SPLICE(Run *run, const Operation *operation, Value *result)
{
    return meaningless(run, operation, result);
}

/* The items for which a condition holds that may ask for their place and number. */
bool on_FILTER(Run *run, const Operation *operation, Value *result)
{
    Value all;
    Sequence found = {0};
    if (!evaluate(run, operation->a, &all))
        return false;
    if (!is_sequence(&all) || operation->c >= run->slots || run->slots - operation->c < 3)
        return unsupported(run);
    for (uint32_t place = 0; place < all.count; place++) {
        Value item = value_at(&all, place);
        bool is_held;
        run->frame[operation->c] = item;
        run->frame[operation->c + 1] = value_of_number(number_of_int(place + 1));
        run->frame[operation->c + 2] = value_of_number(number_of_int(all.count));
        if (!spend(run, 1) || !holds(run, operation->b, &is_held) ||
            (is_held && !sequence_add(run, &found, &item)))
            return false;
    }
    *result = sequence_value(&found);
    return true;
}

bool on_LAST(Run *run, const Operation *operation, Value *result)
{
    if (!evaluate(run, operation->a, result))
        return false;
    if (!is_sequence(result))
        return unsupported(run);
    if (result->count > 1 && result->kind == VALUE_NODES)
        result->as.nodes += result->count - 1;
    else if (result->count > 1)
        result->as.items += result->count - 1;
    result->count = result->count > 0;
    return true;
}

bool on_REVERSED(Run *run, const Operation *operation, Value *result)
{
    Value all;
    Sequence found = {0};
    if (!evaluate(run, operation->a, &all))
        return false;
    if (!is_sequence(&all))
        return unsupported(run);
    for (uint32_t place = all.count; place > 0; place--) {
        Value item = value_at(&all, place - 1);
        if (!sequence_add(run, &found, &item))
            return false;
    }
    *result = sequence_value(&found);
    return true;
}

bool on_LOOK_UP(Run *run, const Operation *operation, Value *result)
{
    if (!evaluate(run, operation->a, result))
        return false;
    if (result->kind != VALUE_INDEX)
        return unsupported(run);
    *result = index_find(result->as.index, run->program->strings[operation->b]);
    return true;
}
