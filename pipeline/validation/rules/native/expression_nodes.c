/* Operations on nodes, and values that are kept for the document or for a node. */

#include <string.h>

#include "expression_parts.h"

/* Most are variables. */
bool node_of(Run *run, uint32_t number, NodeId *node)
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

/* -- values that are kept */

bool on_MEMO(Run *run, const Operation *operation, Value *result)
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

bool on_NODE_MEMO(Run *run, const Operation *operation, Value *result)
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

bool on_PARENT(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    if (!node_of(run, operation->a, &node))
        return false;
    *result = value_of_node(tree_node(run->tree, node)->parent);
    return true;
}

bool on_CHILDREN(Run *run, const Operation *operation, Value *result)
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

bool on_NAMED(Run *run, const Operation *operation, Value *result)
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

bool on_ATTRIBUTE(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    if (!node_of(run, operation->a, &node))
        return false;
    const Attribute *found = tree_attribute(run->tree, node, operation->b);
    *result = found != NULL ? value_of_text(found->value) : value_none();
    return true;
}

bool on_ATTRIBUTES(Run *run, const Operation *operation, Value *result)
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

bool on_TEXT_OF_NODE(Run *run, const Operation *operation, Value *result)
{
    NodeId node;
    if (!node_of(run, operation->a, &node))
        return false;
    *result = value_of_text(tree_text(run->tree, node));
    return true;
}
