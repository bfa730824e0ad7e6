/* Builtins about nodes and sequences of them. */

#include <stdlib.h>
#include <string.h>

#include "builtin_parts.h"

static bool list_given(const Sequence *found, Value *result)
{
    *result = sequence_value(found);
    return true;
}

/* -- axes */

bool builtin_ancestors(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    if (arguments[0].kind != VALUE_NODE)
        return unsupported(run);
    for (NodeId node = tree_node(run->tree, arguments[0].as.node)->parent; node != NO_NODE;
         node = tree_node(run->tree, node)->parent)
        if (!sequence_add_node(run, &found, node))
            return false;
    return list_given(&found, result);
}

/* The nodes of a part of the document. */
static bool add_range(Run *run, Sequence *found, NodeId first, NodeId end)
{
    if (first < end && !spend(run, end - first))
        return false;
    for (NodeId node = first; node < end; node++)
        if (!sequence_add_node(run, found, node))
            return false;
    return true;
}

bool builtin_descendants(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    if (arguments[0].kind != VALUE_NODE)
        return unsupported(run);
    NodeId node = arguments[0].as.node;
    return add_range(run, &found, node + 1, tree_node(run->tree, node)->end) &&
           list_given(&found, result);
}

bool builtin_nodes_after(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    if (arguments[0].kind != VALUE_NODE)
        return unsupported(run);
    NodeId first = tree_node(run->tree, arguments[0].as.node)->end;
    return add_range(run, &found, first, run->tree->nodes.count) && list_given(&found, result);
}

static bool is_around(const Run *run, NodeId outer, NodeId node)
{
    return tree_node(run->tree, outer)->end > node;
}

bool builtin_nodes_before(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    if (arguments[0].kind != VALUE_NODE || !spend(run, arguments[0].as.node))
        return unsupported(run);
    for (NodeId node = arguments[0].as.node; node > 1; node--)
        if (!is_around(run, node - 1, arguments[0].as.node) &&
            !sequence_add_node(run, &found, node - 1))
            return false;
    return list_given(&found, result);
}

bool builtin_siblings_after(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    if (arguments[0].kind != VALUE_NODE)
        return unsupported(run);
    NodeId node = arguments[0].as.node, parent = tree_node(run->tree, node)->parent;
    while (parent != NO_NODE && (node = tree_sibling(run->tree, parent, node)) != NO_NODE)
        if (!spend(run, 1) || !sequence_add_node(run, &found, node))
            return false;
    return list_given(&found, result);
}

bool builtin_siblings_before(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Sequence found = {0};
    if (arguments[0].kind != VALUE_NODE)
        return unsupported(run);
    NodeId node = arguments[0].as.node, parent = tree_node(run->tree, node)->parent;
    if (parent != NO_NODE)
        for (NodeId child = tree_child(run->tree, parent); child != node;
             child = tree_sibling(run->tree, parent, child))
            if (!spend(run, 1) || !sequence_add_node(run, &found, child))
                return false;
    Value in_order = sequence_value(&found);
    return reverse_nodes(run, &in_order, result) && count == 1;
}

bool reverse_nodes(Run *run, const Value *nodes, Value *result)
{
    Sequence found = {0};
    for (uint32_t place = nodes->count; place > 0; place--)
        if (!sequence_add_node(run, &found, nodes->as.nodes[place - 1]))
            return false;
    return list_given(&found, result);
}

/* Those of the nodes before a node that have its name or another: the first argument are all nodes
 * of the document with that name. */
bool builtin_named_before(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    if (arguments[0].kind != VALUE_NODES || arguments[1].kind != VALUE_NODE)
        return unsupported(run);
    NodeId node = arguments[1].as.node;
    if (!spend(run, arguments[0].count))
        return false;
    for (uint32_t place = arguments[0].count; place > 0; place--) {
        NodeId other = arguments[0].as.nodes[place - 1];
        if (other < node && !is_around(run, other, node) && !sequence_add_node(run, &found, other))
            return false;
    }
    return list_given(&found, result);
}

/* -- order */

static int by_place(const void *left, const void *right)
{
    NodeId one = *(const NodeId *)left, other = *(const NodeId *)right;
    return one < other ? -1 : one > other;
}

static bool is_sorted(const NodeId *nodes, uint32_t count)
{
    for (uint32_t place = 1; place < count; place++)
        if (nodes[place - 1] >= nodes[place])
            return false;
    return true;
}

/* The nodes without repetitions, in document order. */
static bool put_in_order(Run *run, const Value *nodes, Value *result)
{
    *result = *nodes;
    if (nodes->kind != VALUE_NODES)
        return unsupported(run);
    if (is_sorted(nodes->as.nodes, nodes->count))
        return true;
    NodeId *sorted = arena_take_many(run->arena, nodes->count, sizeof(NodeId));
    if (sorted == NULL || !spend(run, nodes->count))
        return unsupported(run);
    memcpy(sorted, nodes->as.nodes, nodes->count * sizeof(NodeId));
    qsort(sorted, nodes->count, sizeof(NodeId), by_place);
    uint32_t kept = 0;
    for (uint32_t place = 0; place < nodes->count; place++)
        if (kept == 0 || sorted[kept - 1] != sorted[place])
            sorted[kept++] = sorted[place];
    *result = value_of_nodes(sorted, kept);
    return true;
}

bool builtin_in_order(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    return put_in_order(run, arguments, result);
}

bool builtin_merged(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Sequence all = {0};
    for (uint32_t place = 0; place < count; place++)
        if (!sequence_add_all(run, &all, arguments + place))
            return false;
    Value nodes = sequence_value(&all);
    return put_in_order(run, &nodes, result);
}

#define FEW 16

/* The nodes without repetitions, in the order of their first appearance. */
bool builtin_distinct(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    *result = arguments[0];
    if (arguments[0].kind != VALUE_NODES)
        return unsupported(run);
    if (is_sorted(arguments[0].as.nodes, arguments[0].count))
        return true;
    uint32_t nodes = run->tree->nodes.count;
    uint8_t *is_known = arena_take(run->arena, nodes);
    if (is_known == NULL || !spend(run, nodes / FEW + arguments[0].count))
        return unsupported(run);
    memset(is_known, 0, nodes);
    for (uint32_t place = 0; place < arguments[0].count; place++) {
        NodeId node = arguments[0].as.nodes[place];
        if (!is_known[node] && !sequence_add_node(run, &found, node))
            return false;
        is_known[node] = 1;
    }
    return list_given(&found, result);
}

/* -- text and names */

bool builtin_text_nodes(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    if (arguments[0].kind != VALUE_NODE)
        return unsupported(run);
    NodeId node = arguments[0].as.node;
    const char *text = run->tree->text.items;
    uint32_t start = tree_node(run->tree, node)->text;
    for (NodeId child = tree_child(run->tree, node);;
         child = tree_sibling(run->tree, node, child)) {
        const Node *next = child == NO_NODE ? NULL : tree_node(run->tree, child);
        uint32_t end = next == NULL ? tree_node(run->tree, node)->text_end : next->text;
        Value piece = value_of_text((Text){text + start, end - start});
        if (end > start && (!spend(run, 1) || !sequence_add(run, &found, &piece)))
            return false;
        if (next == NULL)
            return list_given(&found, result);
        start = next->text_end;
    }
}

static bool name_given(Run *run, const Value *node, Value *result,
                       Text (*name)(const Tree *tree, NodeId id))
{
    if (node->kind != VALUE_NODE)
        return unsupported(run);
    *result = value_of_text(name(run->tree, node->as.node));
    return true;
}

static Text written_name(const Tree *tree, NodeId id) { return tree_name(tree, id)->written; }

bool builtin_lexical_name(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    return name_given(run, arguments, result, written_name);
}

bool builtin_local_name(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    return name_given(run, arguments, result, tree_local_name);
}

bool builtin_namespace_uri(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    return name_given(run, arguments, result, tree_namespace);
}

/* A name of a node that may be missing; the first argument is the builtin for it. */
bool builtin_name_or_empty(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    int64_t builtin;
    if (!small_integer(run, arguments, &builtin))
        return false;
    if (arguments[1].kind == VALUE_NONE) {
        *result = value_of_text((Text){NULL, 0});
        return true;
    }
    return builtin_call(run, (uint32_t)builtin, arguments + 1, 1, result);
}

/* -- how many there are */

bool builtin_at_most_one(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    if (!is_sequence(arguments))
        return unsupported(run);
    if (arguments[0].count > 1)
        return fault_counting(&run->fault, FAULT_MANY_ITEMS, arguments[0].count);
    *result = arguments[0].count == 1 ? value_at(arguments, 0) : value_none();
    return true;
}

bool builtin_exactly_one(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    *result = arguments[0];
    return arguments[0].kind != VALUE_NONE || fault_of(&run->fault, FAULT_NO_ITEM);
}

bool builtin_optional(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Sequence found = {0};
    if (arguments[0].kind != VALUE_NONE && !sequence_add(run, &found, arguments))
        return false;
    return list_given(&found, result);
}

static bool require_node(Run *run, const Value *item)
{
    Text text;
    if (item->kind == VALUE_NODE || item->kind == VALUE_NONE)
        return true;
    return text_of_item(run, item, &text) && fault_about(&run->fault, FAULT_NO_NODE, text);
}

bool builtin_a_node(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    *result = arguments[0];
    return require_node(run, arguments);
}

bool builtin_all_nodes(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    *result = arguments[0];
    if (!is_sequence(arguments))
        return unsupported(run);
    for (uint32_t place = 0; place < arguments[0].count; place++) {
        Value item = value_at(arguments, place);
        if (!require_node(run, &item))
            return false;
    }
    return true;
}

bool builtin_indexed(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    return index_make(run, arguments, result);
}

bool builtin_item_at(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    int64_t place = 0;
    Sequence found = {0};
    if (!is_sequence(arguments))
        return unsupported(run);
    bool is_place = arguments[1].kind == VALUE_NUMBER &&
                    whole_number(&arguments[1].as.number, &place) && place >= 1 &&
                    place <= arguments[0].count;
    if (is_place) {
        Value item = value_at(arguments, (uint32_t)place - 1);
        if (!sequence_add(run, &found, &item))
            return false;
    }
    return list_given(&found, result);
}
