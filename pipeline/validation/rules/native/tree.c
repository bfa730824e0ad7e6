#include "tree.h"

#include <stdlib.h>

#define BYTES_KEPT ((size_t)1 << 22)
#define INDEXED_FROM 48 /* children that are looked through one by one cost less below that */

bool tree_start(Tree *tree)
{
    vector_clear(&tree->nodes, sizeof(Node), BYTES_KEPT);
    vector_clear(&tree->attributes, sizeof(Attribute), BYTES_KEPT);
    vector_clear(&tree->text, 1, BYTES_KEPT);
    vector_clear(&tree->indexes, sizeof(ChildIndex), BYTES_KEPT);
    bool has_room = vector_reserve(&tree->nodes, 1, sizeof(Node)) &&
                    vector_reserve(&tree->indexes, 1, sizeof(ChildIndex));
    if (!has_room)
        return false;
    *tree_node(tree, 0) = (Node){.parent = NO_NODE, .end = 1};
    tree->nodes.count = tree->indexes.count = 1; /* number 0 is none */
    return true;
}

void tree_end(Tree *tree)
{
    vector_end(&tree->nodes);
    vector_end(&tree->names);
    vector_end(&tree->attributes);
    vector_end(&tree->text);
    vector_end(&tree->indexes);
}

Text tree_local_name(const Tree *tree, NodeId id)
{
    const Name *name = tree_name(tree, id);
    if (name->prefix_size == 0)
        return name->written;
    return (Text){name->written.at + name->prefix_size, name->written.size - name->prefix_size};
}

Text tree_namespace(const Tree *tree, NodeId id) { return tree_name(tree, id)->uri; }

const Attribute *tree_attribute(const Tree *tree, NodeId id, uint32_t symbol)
{
    const Node *node = tree_node(tree, id);
    const Attribute *first = (const Attribute *)tree->attributes.items + node->attributes;
    for (uint32_t place = 0; place < node->attribute_count; place++)
        if (first[place].symbol == symbol)
            return first + place;
    return NULL;
}

static bool has_many_children(const Tree *tree, NodeId parent)
{
    uint32_t count = 0;
    for (NodeId child = tree_child(tree, parent); child != NO_NODE && count < INDEXED_FROM; count++)
        child = tree_sibling(tree, parent, child);
    return count == INDEXED_FROM;
}

typedef struct {
    uint32_t symbol;
    NodeId child;
} Entry;

static int by_symbol(const void *left, const void *right)
{
    const Entry *one = left, *other = right;
    if (one->symbol != other->symbol)
        return one->symbol < other->symbol ? -1 : 1;
    return one->child < other->child ? -1 : one->child > other->child;
}

static uint32_t count_children(const Tree *tree, NodeId parent)
{
    uint32_t count = 0;
    for (NodeId child = tree_child(tree, parent); child != NO_NODE;
         child = tree_sibling(tree, parent, child))
        count++;
    return count;
}

static bool fill_index(const Tree *tree, NodeId parent, ChildIndex *index, Arena *arena)
{
    ArenaMark mark = arena_mark(arena);
    Entry *entries = arena_take_many(arena, index->count, sizeof(Entry));
    if (entries == NULL)
        return false;
    uint32_t place = 0;
    for (NodeId child = tree_child(tree, parent); child != NO_NODE;
         child = tree_sibling(tree, parent, child))
        entries[place++] = (Entry){tree_node(tree, child)->symbol, child};
    qsort(entries, index->count, sizeof(Entry), by_symbol);
    for (place = 0; place < index->count; place++) {
        index->symbols[place] = entries[place].symbol;
        index->children[place] = entries[place].child;
    }
    arena_rewind(arena, mark);
    return true;
}

static uint32_t make_index(Tree *tree, NodeId parent, Arena *arena)
{
    if (!has_many_children(tree, parent) || !vector_reserve(&tree->indexes, 1, sizeof(ChildIndex)))
        return NO_INDEX;
    ChildIndex *index = (ChildIndex *)tree->indexes.items + tree->indexes.count;
    index->count = count_children(tree, parent);
    index->children = arena_take_many(arena, index->count, sizeof(NodeId));
    index->symbols = arena_take_many(arena, index->count, sizeof(uint32_t));
    if (index->children == NULL || index->symbols == NULL ||
        !fill_index(tree, parent, index, arena))
        return NO_INDEX;
    return tree->indexes.count++;
}

static const ChildIndex *index_of(Tree *tree, NodeId parent, Arena *arena)
{
    Node *node = tree_node(tree, parent);
    if (node->index == 0)
        node->index = make_index(tree, parent, arena);
    return node->index == NO_INDEX ? NULL : (const ChildIndex *)tree->indexes.items + node->index;
}

static uint32_t first_at_least(const ChildIndex *index, uint32_t symbol)
{
    uint32_t low = 0, high = index->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (index->symbols[middle] < symbol)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

NamedChildren tree_named(Tree *tree, NodeId parent, uint32_t symbol, Arena *arena)
{
    const Node *node = tree_node(tree, parent);
    if (node->end - parent > INDEXED_FROM) {
        const ChildIndex *index = index_of(tree, parent, arena);
        if (index != NULL)
            return (NamedChildren){index->children, first_at_least(index, symbol),
                                   first_at_least(index, symbol + 1), symbol};
    }
    return (NamedChildren){NULL, parent + 1, node->end, symbol};
}
