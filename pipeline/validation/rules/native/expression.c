#include "expression.h"

#include <string.h>

#include "builtins.h"
#include "exact.h"
#include "index.h"

#define ARGUMENTS_MAX 64

typedef bool (*Evaluator)(Run *run, const Operation *operation, Value *result);

static bool truth_given(Value *result, bool truth)
{
    *result = value_of_truth(truth);
    return true;
}

/* The node that an operation gives; anything else is not for this engine. Most are variables. */
static bool node_of(Run *run, uint32_t number, NodeId *node)
{
    const Operation *operation = run->program->operations + number;
    Value value;
    if (operation->kind == OPERATION_LOCAL && operation->a < run->slots) {
        *node = run->frame[operation->a].as.node;
        return run->frame[operation->a].kind == VALUE_NODE || unsupported(run);
    }
    if (!evaluate(run, number, &value))
        return false;
    *node = value.as.node;
    return value.kind == VALUE_NODE || unsupported(run);
}

/* -- values at hand */

static bool constant(Run *run, const Operation *operation, Value *result)
{
    *result = run->program->constants[operation->a];
    return true;
}

static bool local(Run *run, const Operation *operation, Value *result)
{
    if (operation->a >= run->slots)
        return unsupported(run);
    *result = run->frame[operation->a];
    return result->kind != VALUE_FAULT || unsupported(run);
}

static bool root(Run *run, const Operation *operation, Value *result)
{
    (void)run, (void)operation;
    *result = value_of_node(0);
    return true;
}

static bool top(Run *run, const Operation *operation, Value *result)
{
    (void)operation;
    *result = value_of_node(tree_child(run->tree, 0));
    return true;
}

static bool collected(Run *run, const Operation *operation, Value *result)
{
    const Vector *found = run->checker->collected + operation->a;
    *result = value_of_nodes(found->items, found->count);
    return true;
}

/* -- values that are kept */

static bool memo(Run *run, const Operation *operation, Value *result)
{
    if (run->memo == NULL)
        return unsupported(run);
    Value *kept = run->memo + operation->a;
    if (kept->kind != VALUE_NONE) {
        *result = *kept;
        return true;
    }
    Arena *arena = run->arena;
    run->arena = &run->checker->kept;
    bool is_fine = call_function(run, run->program->memo[operation->a], NULL, result);
    run->arena = arena;
    if (is_fine)
        *kept = *result;
    return is_fine;
}

enum { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

static uint8_t *answers_of(Run *run, NodeId node)
{
    uint32_t size = run->program->node_memo_count;
    uint8_t *answers = run->node_memo[node];
    if (answers == NULL) {
        answers = arena_take(&run->checker->kept, size);
        if (answers != NULL)
            memset(answers, 0, size);
        run->node_memo[node] = answers;
    }
    return answers;
}

/* The answer is no more than yes or no, so that nothing of the way to it has to stay. */
static bool answer(Run *run, uint32_t number, const Value *node, Value *result)
{
    Arena *arena = run->arena, *scratch = &run->checker->scratch;
    ArenaMark mark = arena_mark(scratch);
    run->arena = scratch;
    bool is_fine = call_function(run, run->program->node_memo[number], node, result);
    run->arena = arena;
    if (!is_fine)
        return false; /* a fault may point at what is in the scratch memory */
    arena_rewind(scratch, mark);
    return result->kind == VALUE_BOOLEAN || unsupported(run);
}

static bool node_memo(Run *run, const Operation *operation, Value *result)
{
    Value node;
    if (!evaluate(run, operation->b, &node))
        return false;
    if (node.kind != VALUE_NODE || run->node_memo == NULL)
        return unsupported(run);
    uint8_t *answers = answers_of(run, node.as.node);
    if (answers == NULL)
        return unsupported(run);
    uint8_t *kept = answers + operation->a;
    if (*kept != ANSWER_UNKNOWN)
        return truth_given(result, *kept == ANSWER_YES);
    if (!answer(run, operation->a, &node, result))
        return false;
    *kept = result->as.truth ? ANSWER_YES : ANSWER_NO;
    return true;
}

/* -- nodes */

static bool parent(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    if (!node_of(run, operation->a, &node))
        return false;
    *result = value_of_node(tree_node(run->tree, node)->parent);
    return true;
}

static bool children(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    Sequence found = {0};
    if (!node_of(run, operation->a, &node))
        return false;
    for (NodeId child = tree_child(run->tree, node); child != NO_NODE;
         child = tree_sibling(run->tree, node, child))
        if (!spend(run, 1) || !sequence_add_node(run, &found, child))
            return false;
    *result = sequence_value(&found);
    return true;
}

static bool named(Run *run, const Operation *operation, Value *result)
{
    NodeId node, child;
    Sequence found = {0};
    if (!node_of(run, operation->a, &node))
        return false;
    NamedChildren walk = tree_named(run->tree, node, operation->b, &run->checker->kept);
    while ((child = tree_next_named(run->tree, &walk)) != NO_NODE)
        if (!spend(run, 1) || !sequence_add_node(run, &found, child))
            return false;
    *result = sequence_value(&found);
    return true;
}

static bool has_named(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    if (!node_of(run, operation->a, &node))
        return false;
    NamedChildren walk = tree_named(run->tree, node, operation->b, &run->checker->kept);
    return truth_given(result, tree_next_named(run->tree, &walk) != NO_NODE);
}

static bool has_name(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    return node_of(run, operation->a, &node) &&
           truth_given(result, tree_node(run->tree, node)->symbol == operation->b);
}

static bool attribute(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    if (!node_of(run, operation->a, &node))
        return false;
    const Attribute *found = tree_attribute(run->tree, node, operation->b);
    *result = found != NULL ? value_of_text(found->value) : value_none();
    return true;
}

static bool has_attribute(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    return node_of(run, operation->a, &node) &&
           truth_given(result, tree_attribute(run->tree, node, operation->b) != NULL);
}

static bool attributes(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    Sequence found = {0};
    if (!node_of(run, operation->a, &node))
        return false;
    const Node *its = tree_node(run->tree, node);
    const Attribute *all = (const Attribute *)run->tree->attributes.items + its->attributes;
    for (uint32_t place = 0; place < its->attribute_count; place++) {
        Value value = value_of_text(all[place].value);
        if (!sequence_add(run, &found, &value))
            return false;
    }
    *result = sequence_value(&found);
    return true;
}

static bool text_of_node(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    if (!node_of(run, operation->a, &node))
        return false;
    *result = value_of_text(tree_text(run->tree, node));
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

static bool and_(Run *run, const Operation *operation, Value *result)
{
    return both_or_either(run, operation, result, false);
}

static bool or_(Run *run, const Operation *operation, Value *result)
{
    return both_or_either(run, operation, result, true);
}

static bool not_(Run *run, const Operation *operation, Value *result)
{
    bool truth;
    return holds(run, operation->a, &truth) && truth_given(result, !truth);
}

static bool if_(Run *run, const Operation *operation, Value *result)
{
    bool truth;
    return holds(run, operation->a, &truth) &&
           evaluate(run, truth ? operation->b : operation->c, result);
}

static bool is_none(Run *run, const Operation *operation, Value *result)
{
    return evaluate(run, operation->a, result) && truth_given(result, result->kind == VALUE_NONE);
}

static bool is_some(Run *run, const Operation *operation, Value *result)
{
    return evaluate(run, operation->a, result) && truth_given(result, result->kind != VALUE_NONE);
}

static bool truth(Run *run, const Operation *operation, Value *result)
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

static bool compare(Run *run, const Operation *operation, Value *result)
{
    Value left, right;
    bool is_held;
    return evaluate(run, operation->b, &left) && evaluate(run, operation->c, &right) &&
           compare_values(run, (Relation)operation->a, &left, &right, &is_held) &&
           truth_given(result, is_held);
}

static bool in(Run *run, const Operation *operation, Value *result)
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

static bool add(Run *run, const Operation *operation, Value *result)
{
    return arithmetic(run, operation, result, number_add);
}

static bool subtract(Run *run, const Operation *operation, Value *result)
{
    return arithmetic(run, operation, result, number_subtract);
}

static bool multiply(Run *run, const Operation *operation, Value *result)
{
    return arithmetic(run, operation, result, number_multiply);
}

/* -- sequences */

static bool sequence(Run *run, const Operation *operation, Value *result)
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
    run->frame[clause->a] = value;
    return spend(run, 1) && run_clauses(run, rest, count, loop);
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

static bool loop_(Run *run, const Operation *operation, Value *result)
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

static bool clause_(Run *run, const Operation *operation, Value *result)
{
    (void)operation, (void)result;
    return unsupported(run); /* it means nothing outside a loop */
}

/* The items for which a condition holds that may ask for their place and number. */
static bool filter(Run *run, const Operation *operation, Value *result)
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

static bool last(Run *run, const Operation *operation, Value *result)
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

static bool reversed(Run *run, const Operation *operation, Value *result)
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

static bool look_up(Run *run, const Operation *operation, Value *result)
{
    if (!evaluate(run, operation->a, result))
        return false;
    if (result->kind != VALUE_INDEX)
        return unsupported(run);
    *result = index_find(result->as.index, run->program->strings[operation->b]);
    return true;
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

static bool call(Run *run, const Operation *operation, Value *result)
{
    Value arguments[8];
    if (operation->count > 8)
        return unsupported(run);
    return arguments_of(run, operation, arguments) &&
           call_function(run, operation->b, arguments, result);
}

static bool builtin(Run *run, const Operation *operation, Value *result)
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

static const Evaluator EVALUATORS[OPERATION_COUNT] = {
    [OPERATION_CONSTANT] = constant,
    [OPERATION_LOCAL] = local,
    [OPERATION_ROOT] = root,
    [OPERATION_TOP] = top,
    [OPERATION_COLLECTED] = collected,
    [OPERATION_MEMO] = memo,
    [OPERATION_NODE_MEMO] = node_memo,
    [OPERATION_PARENT] = parent,
    [OPERATION_CHILDREN] = children,
    [OPERATION_NAMED] = named,
    [OPERATION_HAS_NAMED] = has_named,
    [OPERATION_HAS_NAME] = has_name,
    [OPERATION_ATTRIBUTE] = attribute,
    [OPERATION_HAS_ATTRIBUTE] = has_attribute,
    [OPERATION_ATTRIBUTES] = attributes,
    [OPERATION_TEXT_OF_NODE] = text_of_node,
    [OPERATION_AND] = and_,
    [OPERATION_OR] = or_,
    [OPERATION_NOT] = not_,
    [OPERATION_IF] = if_,
    [OPERATION_IS_NONE] = is_none,
    [OPERATION_IS_SOME] = is_some,
    [OPERATION_TRUTH] = truth,
    [OPERATION_COMPARE] = compare,
    [OPERATION_IN] = in,
    [OPERATION_ADD] = add,
    [OPERATION_SUBTRACT] = subtract,
    [OPERATION_MULTIPLY] = multiply,
    [OPERATION_SEQUENCE] = sequence,
    [OPERATION_SPLICE] = clause_,
    [OPERATION_LIST] = loop_,
    [OPERATION_ANY] = loop_,
    [OPERATION_ALL] = loop_,
    [OPERATION_FOR] = clause_,
    [OPERATION_WHERE] = clause_,
    [OPERATION_FILTER] = filter,
    [OPERATION_CALL] = call,
    [OPERATION_BUILTIN] = builtin,
    [OPERATION_LOOK_UP] = look_up,
    [OPERATION_LAST] = last,
    [OPERATION_REVERSED] = reversed,
};

bool evaluate(Run *run, uint32_t number, Value *result)
{
    const Operation *operation = run->program->operations + number;
    if (!spend(run, 1))
        return false;
    return EVALUATORS[operation->kind](run, operation, result);
}

/* Conditions inside one another need no values between them. */
static bool parts_hold(Run *run, const Operation *operation, bool stops_at, bool *result)
{
    const uint32_t *parts = run->program->operands + operation->a;
    *result = !stops_at;
    for (uint32_t place = 0; place < operation->count && *result != stops_at; place++)
        if (!holds(run, parts[place], result))
            return false;
    return true;
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
