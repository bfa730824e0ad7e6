#ifndef RULES_AUTOMATON_H
#define RULES_AUTOMATON_H

/* Which rules may apply to an element, known from the names on the way to it.
 *
 * The same automaton as that of automaton.py, which explains it. States are made when a document
 * first leads to them. Every thread has an automaton of its own, so that nothing is locked. */

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "program.h"
#include "tree.h"

#define STATES_MAX 2000
#define OTHER_SYMBOLS_MAX 64 /* beside one for each short name */

/* Names that the rows cannot tell apart: a short name, and the tests that it passes. */
typedef struct {
    uint32_t short_name;
    uint64_t passes;
} NameClass;

typedef struct State {
    uint32_t short_name;
    uint32_t position_count;
    const uint32_t *positions; /* rows with how many of their steps fit, sorted */
    uint32_t *next;            /* numbers of states by name class, 0 where not known yet */
    bool is_of_interest;       /* something to do for every element */
    uint32_t look_count;
    const uint32_t *looks; /* rows that lead to rules, by pattern and order */
    uint32_t find_count;
    const uint32_t *finds; /* rows of what is to be found */
    uint32_t watch_count;
    const uint32_t *watches; /* the same, where an attribute decides */
    uint64_t watched;        /* their attributes, see attribute_bit */
    uint32_t hash;
    uint32_t name_class;
} State;

typedef struct {
    const Program *program;
    Arena arena;
    State *states; /* number 0 is that of the document node */
    uint32_t state_count;
    NameClass *classes;
    uint32_t class_count;
    uint32_t *deep_rows; /* rows that may start anywhere */
    uint32_t deep_count;
    uint32_t *buckets; /* states by hash */
    uint32_t *found;   /* scratch for the positions of one state */
} Automaton;

/* A bit for an attribute, which others may share. */
static inline uint64_t attribute_bit(uint32_t symbol) { return (uint64_t)1 << symbol % 64; }

bool automaton_start(Automaton *automaton, const Program *program);
void automaton_end(Automaton *automaton);

/* Forgets all states when there are so many that a document might need more than are left. */
bool automaton_tidy(Automaton *automaton);

/* The number of the class of a name, NONE when there are too many. */
uint32_t automaton_class(Automaton *automaton, uint32_t short_name, uint64_t passes);

/* The number of the state of a child, NONE when there are too many. */
uint32_t automaton_make(Automaton *automaton, uint32_t state, uint32_t name_class);

static inline uint32_t automaton_step(Automaton *automaton, uint32_t state, uint32_t name_class)
{
    uint32_t next = automaton->states[state].next[name_class];
    return next != 0 ? next : automaton_make(automaton, state, name_class);
}

#endif
