#ifndef RULES_PROGRAM_H
#define RULES_PROGRAM_H

/* A compiled program as `assembly.py` writes it: tables of 32-bit words, and strings.
 *
 * It is read from a file, so that nothing in it is believed: the loader checks every number that
 * is used as a place, and that expressions only refer to earlier ones. After that the tables are
 * only read, by any number of threads at once. */

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "operations.h"
#include "pattern.h"
#include "text.h"
#include "value.h"

#define NONE UINT32_MAX /* in the place of a number */
#define GATES_MAX 64
#define WILD_MAX 64

typedef enum { STEP_NAME, STEP_ANY, STEP_WILD } StepKind;

/* A step of a row: `number` is a symbol, or the number of a test in `wild`. */
typedef struct {
    uint32_t kind;
    uint32_t is_deep;
    uint32_t number;
} Step;

typedef enum { ROW_LOOK, ROW_HIT, ROW_COLLECT } RowKind;

/* Names on the way to nodes; see automaton.py. */
typedef struct {
    uint32_t kind;
    uint32_t steps; /* the first of them */
    uint32_t step_count;
    uint32_t number;    /* of the pattern, the assertion, or the collected way */
    uint32_t order;     /* in the pattern */
    uint32_t rule;      /* a function */
    uint32_t condition; /* a function, or NONE */
    uint32_t of_name;   /* a test in `wild`, or NONE */
    uint32_t gates_low; /* a bit for each gate that must be open */
    uint32_t gates_high;
    uint32_t attribute; /* that a found node must have, or NONE */
} Row;

typedef enum { WILD_LOCAL, WILD_NAMESPACE, WILD_FUNCTION } WildKind;

/* A test of names beyond plain equality: `number` is a string or a function. */
typedef struct {
    uint32_t kind;
    uint32_t number;
} Wild;

typedef struct {
    uint32_t uri; /* a string, or NONE */
    uint32_t local;
} Symbol;

/* One node of an expression. What `count`, `a`, `b` and `c` are depends on its kind, see
 * operations.h. */
typedef struct {
    uint16_t kind;
    uint16_t count;
    uint32_t a;
    uint32_t b;
    uint32_t c;
} Operation;

typedef struct {
    uint32_t kind;
    uint32_t a;
    uint32_t b;
    uint32_t c;
} Statement;

typedef struct {
    uint32_t parameters;
    uint32_t slots; /* of variables, parameters first */
    uint32_t statements;
    uint32_t statement_count;
} Function;

typedef struct {
    uint32_t values;      /* the first step of the first witness path, in `witness steps` */
    uint32_t value_count; /* how many paths */
    uint32_t message;     /* the function of the values in its message, or NONE */
} Assertion;

/* The strings of a code list, by hash. */
struct StringSet {
    uint32_t mask;
    const uint32_t *buckets; /* numbers of strings, or NONE */
};

typedef struct Program {
    Arena arena; /* what was made of the tables */
    const Text *strings;
    uint32_t string_count;
    const Value *constants;
    uint32_t constant_count;
    const Operation *operations;
    uint32_t operation_count;
    const uint32_t *operands;
    uint32_t operand_count;
    const Function *functions;
    uint32_t function_count;
    const Statement *statements;
    uint32_t statement_count;
    const Symbol *symbols; /* of short names; number 0 is of all others */
    uint32_t symbol_count;
    const uint32_t *attributes; /* names of attributes: strings */
    uint32_t attribute_count;
    const Step *steps;
    uint32_t step_count;
    const Row *rows;
    uint32_t row_count;
    const Wild *wild;
    uint32_t wild_count;
    const uint32_t *gates; /* functions */
    uint32_t gate_count;
    const uint32_t *memo; /* functions, by the number of the value that is kept of a document */
    uint32_t memo_count;
    const uint32_t *node_memo; /* functions, by the number of the answer that is kept of a node */
    uint32_t node_memo_count;
    const Assertion *assertions;
    uint32_t assertion_count;
    uint32_t collected_count;
    const uint32_t *symbol_buckets; /* symbols by hash of their local name */
    uint32_t symbol_mask;
    const Pattern **patterns; /* by operation, NULL where there is no constant pattern */
} Program;

/* Reads a program from bytes, which are not needed afterwards. `*reason` says why it failed, in
 * words for those who made the bytes. */
bool program_load(Program *program, const char *data, size_t size, const char **reason);
void program_end(Program *program);

/* The number of a short name, UNKNOWN_SYMBOL when no rule mentions it. */
uint32_t program_symbol(const Program *program, Text uri, Text local);

/* The number of an attribute's name, NO_ATTRIBUTE when no rule mentions it. */
uint32_t program_attribute(const Program *program, Text name);

bool program_has_string(const Program *program, const StringSet *set, Text text);

#endif
