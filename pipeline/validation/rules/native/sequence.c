#include "run.h"

#include <string.h>

#define FIRST_CAPACITY 4

bool is_true(const Value *value)
{
    switch (value->kind) {
    case VALUE_NONE: return false;
    case VALUE_BOOLEAN: return value->as.truth;
    case VALUE_NUMBER:
        return value->as.number.kind == NUMBER_DOUBLE ? value->as.number.as.inexact != 0
                                                      : number_truth(&value->as.number);
    case VALUE_TEXT:
    case VALUE_UNTYPED: return value->as.text.size > 0;
    case VALUE_NODES:
    case VALUE_ITEMS: return value->count > 0;
    default: return true;
    }
}

/* Room for one more; what was there before stays where it is, for arenas give nothing back. */
static void *grown(Run *run, const void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    uint32_t wanted = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
    void *room = wanted > *capacity ? arena_take_many(run->arena, wanted, size) : NULL;
    if (room == NULL) {
        unsupported(run);
        return NULL;
    }
    if (count > 0)
        memcpy(room, items, count * size);
    *capacity = wanted;
    return room;
}

static bool hold_others(Run *run, Sequence *sequence)
{
    uint32_t capacity = sequence->count + FIRST_CAPACITY;
    Value *items = arena_take_many(run->arena, capacity, sizeof(Value));
    if (items == NULL)
        return unsupported(run);
    for (uint32_t place = 0; place < sequence->count; place++)
        items[place] = value_of_node(sequence->nodes[place]);
    sequence->items = items;
    sequence->capacity = capacity;
    sequence->has_others = true;
    return true;
}

bool sequence_add_node(Run *run, Sequence *sequence, NodeId node)
{
    if (sequence->has_others) {
        Value value = value_of_node(node);
        return sequence_add(run, sequence, &value);
    }
    if (sequence->count == sequence->capacity) {
        NodeId *nodes = grown(run, sequence->nodes, sequence->count, &sequence->capacity,
                              sizeof(NodeId));
        if (nodes == NULL)
            return false;
        sequence->nodes = nodes;
    }
    sequence->nodes[sequence->count++] = node;
    return true;
}

bool sequence_add(Run *run, Sequence *sequence, const Value *value)
{
    if (value->kind == VALUE_NODE && !sequence->has_others)
        return sequence_add_node(run, sequence, value->as.node);
    if (!sequence->has_others && !hold_others(run, sequence))
        return false;
    if (sequence->count == sequence->capacity) {
        Value *items =
            grown(run, sequence->items, sequence->count, &sequence->capacity, sizeof(Value));
        if (items == NULL)
            return false;
        sequence->items = items;
    }
    sequence->items[sequence->count++] = *value;
    return true;
}

bool sequence_add_all(Run *run, Sequence *sequence, const Value *values)
{
    if (!is_sequence(values) || !spend(run, values->count))
        return unsupported(run);
    for (uint32_t place = 0; place < values->count; place++) {
        Value item = value_at(values, place);
        if (!sequence_add(run, sequence, &item))
            return false;
    }
    return true;
}

Value sequence_value(const Sequence *sequence)
{
    if (!sequence->has_others)
        return value_of_nodes(sequence->nodes, sequence->count);
    return (Value){.kind = VALUE_ITEMS, .count = sequence->count, .as.items = sequence->items};
}
