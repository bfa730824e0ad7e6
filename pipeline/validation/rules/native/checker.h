#ifndef RULES_CHECKER_H
#define RULES_CHECKER_H

/* What one thread needs to check documents, one after the other. */

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "automaton.h"
#include "names.h"
#include "program.h"
#include "tree.h"

/* How much a document may be; what is more is left to the Python engine, which refuses it. */
typedef struct {
    uint32_t nodes_max;
    uint32_t depth_max;
    uint32_t attributes_max;
} Limits;

/* The first node that a forbidden path led to. */
typedef struct {
    uint32_t assertion;
    NodeId node;
} Hit;

typedef struct {
    const Program *program;
    Limits limits;
    Automaton automaton;
    Names names;
    Scan scan;
    Tree tree;
    Arena kept;        /* what lives as long as the document */
    Arena scratch;     /* what lives as long as one assertion */
    Vector work;       /* NodeIds of elements that rules apply to */
    Vector hits;       /* of Hit, in the order of the document */
    Vector *collected; /* NodeIds by the number of their way */
    uint8_t *is_hit;   /* by assertion */
    Vector failures;   /* of Failure, see evaluate.h */
} Checker;

bool checker_start(Checker *checker, const Program *program, Limits limits);
void checker_end(Checker *checker);

/* Gets ready for the next document, which is checked with `schemas` at the same time, or NULL. */
bool checker_clear(Checker *checker, const void *schemas);

#endif
