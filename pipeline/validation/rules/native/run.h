#ifndef RULES_RUN_H
#define RULES_RUN_H

/* The state of an evaluation, and what all parts of the evaluator ask of it. */

#include <stdbool.h>
#include <stdint.h>

#include "checker.h"
#include "value.h"

#define STEPS_MAX 200000000u /* of one document; what takes longer is left to the Python engine */
#define CALLS_MAX 60         /* functions inside one another */
#define NESTED_MAX 200       /* operations inside one another: threads may have small stacks */

typedef struct Run {
    Checker *checker;
    const Program *program;
    Tree *tree;
    Arena *arena; /* where results go: `checker->kept` while a value is made that is kept */
    Value *frame; /* variables of the function that runs */
    uint32_t slots;
    uint32_t calls;
    uint32_t nested;
    uint32_t steps;
    Value *memo;          /* values kept for the document, VALUE_FAULT where there is none yet */
    uint8_t **node_memo;  /* answers kept for each node, by node; NULL where there are none yet */
    const Pattern *pattern; /* of the builtin that is called, when it is constant */
    Fault fault;
} Run;

/* -- values */

static inline Value value_none(void) { return (Value){.kind = VALUE_NONE}; }

static inline Value value_of_truth(bool truth)
{
    return (Value){.kind = VALUE_BOOLEAN, .as.truth = truth};
}

static inline Value value_of_text(Text text)
{
    return (Value){.kind = VALUE_TEXT, .as.text = text};
}

static inline Value value_of_number(Number number)
{
    return (Value){.kind = VALUE_NUMBER, .as.number = number};
}

static inline Value value_of_node(NodeId node)
{
    return node == NO_NODE ? value_none() : (Value){.kind = VALUE_NODE, .as.node = node};
}

static inline Value value_of_nodes(const NodeId *nodes, uint32_t count)
{
    return (Value){.kind = VALUE_NODES, .count = count, .as.nodes = nodes};
}

static inline bool is_sequence(const Value *value)
{
    return value->kind == VALUE_NODES || value->kind == VALUE_ITEMS;
}

/* An item of a sequence. */
static inline Value value_at(const Value *sequence, uint32_t place)
{
    if (sequence->kind == VALUE_NODES)
        return (Value){.kind = VALUE_NODE, .as.node = sequence->as.nodes[place]};
    return sequence->as.items[place];
}

/* -- faults */

static inline bool unsupported(Run *run) { return fault_unsupported(&run->fault); }

/* Counts `steps`; false when there were too many. */
static inline bool spend(Run *run, uint32_t steps)
{
    if (steps > run->steps)
        return unsupported(run);
    run->steps -= steps;
    return true;
}

/* Whether a value is true to Python; only for what generated code asks it of. */
bool is_true(const Value *value);

/* -- sequences under construction */

typedef struct {
    Value *items;   /* when not all of them are nodes */
    NodeId *nodes;
    uint32_t count;
    uint32_t capacity;
    bool has_others;
} Sequence;

bool sequence_add(Run *run, Sequence *sequence, const Value *value);
bool sequence_add_node(Run *run, Sequence *sequence, NodeId node);
bool sequence_add_all(Run *run, Sequence *sequence, const Value *values);
Value sequence_value(const Sequence *sequence);

#endif
