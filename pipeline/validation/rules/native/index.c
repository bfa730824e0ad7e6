#include "index.h"

#include <string.h>

typedef struct {
    Text text;
    Sequence nodes;
} Entry;

struct Index {
    uint32_t mask;
    uint32_t *buckets; /* numbers of entries, counted from 1 */
    Entry *entries;
    uint32_t count;
};

static uint32_t hash_of(Text text)
{
    uint32_t hash = 2166136261u;
    for (uint32_t place = 0; place < text.size; place++)
        hash = (hash ^ (unsigned char)text.at[place]) * 16777619u;
    return hash ^ hash >> 15;
}

static uint32_t *bucket_of(const Index *index, Text text, uint32_t *looked_at)
{
    uint32_t bucket = hash_of(text) & index->mask;
    for (*looked_at = 1; index->buckets[bucket] != 0; ++*looked_at) {
        if (text_equal(index->entries[index->buckets[bucket] - 1].text, text))
            break;
        bucket = (bucket + 1) & index->mask;
    }
    return index->buckets + bucket;
}

static Index *new_index(Run *run, uint32_t entries_max)
{
    uint32_t size = 8;
    while (size / 2 < entries_max)
        size *= 2;
    Index *index = arena_take(run->arena, sizeof(Index));
    uint32_t *buckets = arena_take_many(run->arena, size, sizeof(uint32_t));
    Entry *entries = arena_take_many(run->arena, entries_max + 1u, sizeof(Entry));
    if (index == NULL || buckets == NULL || entries == NULL)
        return NULL;
    memset(buckets, 0, size * sizeof(uint32_t));
    *index = (Index){size - 1, buckets, entries, 0};
    return index;
}

static bool add(Run *run, Index *index, const Value *pair)
{
    bool is_pair = pair->kind == VALUE_ITEMS && pair->count == 2 &&
                   pair->as.items[0].kind == VALUE_TEXT && pair->as.items[1].kind == VALUE_NODE;
    uint32_t looked_at;
    if (!is_pair)
        return unsupported(run);
    uint32_t *bucket = bucket_of(index, pair->as.items[0].as.text, &looked_at);
    if (*bucket == 0) {
        index->entries[index->count] = (Entry){.text = pair->as.items[0].as.text};
        *bucket = ++index->count;
    }
    return spend(run, looked_at) && sequence_add_node(run, &index->entries[*bucket - 1].nodes,
                                                      pair->as.items[1].as.node);
}

bool index_make(Run *run, const Value *pairs, Value *result)
{
    if (!is_sequence(pairs) || pairs->count > UINT32_MAX / 4)
        return unsupported(run);
    Index *index = new_index(run, pairs->count);
    if (index == NULL)
        return unsupported(run);
    for (uint32_t place = 0; place < pairs->count; place++) {
        Value pair = value_at(pairs, place);
        if (!add(run, index, &pair))
            return false;
    }
    *result = (Value){.kind = VALUE_INDEX, .as.index = index};
    return true;
}

Value index_find(const Index *index, Text text)
{
    uint32_t looked_at, number = *bucket_of(index, text, &looked_at);
    if (number == 0)
        return value_of_nodes(NULL, 0);
    return sequence_value(&index->entries[number - 1].nodes);
}
