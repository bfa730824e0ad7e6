#ifndef RULES_TREE_H
#define RULES_TREE_H

/* The document as rules see it: elements in one array, in document order.
 *
 * Everything inside an element lies between it and `end`, so that a child, a descendant and the
 * order of two nodes are questions of numbers. All text lies in one row too: the string value of
 * an element is a slice of it. */

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "text.h"
#include "vector.h"

typedef uint32_t NodeId; /* place in document order; 0 is the document node above the root */
#define NO_NODE UINT32_MAX
#define UNKNOWN_SYMBOL 0 /* of every name that no rule mentions */
#define NO_ATTRIBUTE UINT32_MAX
#define NO_INDEX UINT32_MAX

typedef struct {
    NodeId parent;
    NodeId end;         /* the first node behind everything inside */
    uint32_t state;     /* of the automaton */
    uint32_t symbol;    /* short name, by its number in the program */
    uint32_t name;      /* in `names`, the name as written */
    uint32_t text;      /* where its text starts */
    uint32_t text_end;
    uint32_t attributes; /* the first of them */
    uint32_t attribute_count;
    uint32_t index; /* of its children: 0 when not known, NO_INDEX when not worth it */
} Node;

/* A name as written in the document, and the namespace that it had there. */
typedef struct {
    Text written; /* with its prefix */
    Text uri;
    uint32_t prefix_size; /* with the colon; 0 without a prefix */
    uint32_t symbol;      /* of the automaton: see automaton.h */
    uint32_t structure;   /* symbol in the tables of schemas: see structure_tables.h */
    uint32_t bindings;    /* the namespace declarations in force: see names.h */
    uint32_t follower;    /* the name that came next the last time, 0 when none did */
    uint32_t next;        /* older name with the same hash, or UINT32_MAX */
    uint32_t hash;
} Name;

typedef struct {
    uint32_t symbol; /* number of the name in the program, NO_ATTRIBUTE when no rule asks for it */
    Text value;
} Attribute;

/* The children of one node, sorted by symbol and then by place. */
typedef struct {
    uint32_t count;
    NodeId *children;
    uint32_t *symbols;
} ChildIndex;

typedef struct {
    Vector nodes;      /* of Node */
    Vector names;      /* of Name; number 0 is that of the document node */
    Vector attributes; /* of Attribute */
    Vector text;       /* of char */
    Vector indexes;    /* of ChildIndex, for nodes with many children */
} Tree;

/* An empty tree with its document node; false when there is no memory. Names stay. */
bool tree_start(Tree *tree);
void tree_end(Tree *tree);

static inline Node *tree_node(const Tree *tree, NodeId id)
{
    return (Node *)tree->nodes.items + id;
}

static inline const Name *tree_name(const Tree *tree, NodeId id)
{
    return (const Name *)tree->names.items + tree_node(tree, id)->name;
}

/* The string value: all text inside. */
static inline Text tree_text(const Tree *tree, NodeId id)
{
    const Node *node = tree_node(tree, id);
    return (Text){(const char *)tree->text.items + node->text, node->text_end - node->text};
}

/* The first child and the next one after a child, NO_NODE when there is none. */
static inline NodeId tree_child(const Tree *tree, NodeId parent)
{
    return parent + 1 < tree_node(tree, parent)->end ? parent + 1 : NO_NODE;
}

static inline NodeId tree_sibling(const Tree *tree, NodeId parent, NodeId child)
{
    NodeId next = tree_node(tree, child)->end;
    return next < tree_node(tree, parent)->end ? next : NO_NODE;
}

Text tree_local_name(const Tree *tree, NodeId id);
Text tree_namespace(const Tree *tree, NodeId id);

/* The attribute, NULL when the element has none of that name. */
const Attribute *tree_attribute(const Tree *tree, NodeId id, uint32_t symbol);

/* Goes over the children with one name, in document order. */
typedef struct {
    const NodeId *found; /* in an index, when there is one */
    NodeId next;
    NodeId end;
    uint32_t symbol;
} NamedChildren;

/* Starts a walk; an index that is worth its while is made in `arena`. */
NamedChildren tree_named(Tree *tree, NodeId parent, uint32_t symbol, Arena *arena);

/* The next child, NO_NODE after the last one. */
static inline NodeId tree_next_named(const Tree *tree, NamedChildren *walk)
{
    if (walk->found != NULL)
        return walk->next < walk->end ? walk->found[walk->next++] : NO_NODE;
    while (walk->next < walk->end) {
        NodeId child = walk->next;
        walk->next = tree_node(tree, child)->end;
        if (tree_node(tree, child)->symbol == walk->symbol)
            return child;
    }
    return NO_NODE;
}

#endif
