#ifndef RULES_LOADER_H
#define RULES_LOADER_H

/* What the parts of the loader of programs share. */

#include "program.h"

typedef enum {
    TABLE_BYTES,
    TABLE_STRINGS,
    TABLE_CONSTANTS,
    TABLE_OPERATIONS,
    TABLE_OPERANDS,
    TABLE_FUNCTIONS,
    TABLE_STATEMENTS,
    TABLE_SYMBOLS,
    TABLE_ATTRIBUTES,
    TABLE_STEPS,
    TABLE_ROWS,
    TABLE_WILD,
    TABLE_GATES,
    TABLE_MEMO,
    TABLE_NODE_MEMO,
    TABLE_ASSERTIONS,
    TABLE_COLLECTED,
    TABLE_COUNT,
} TableKind;

typedef struct {
    Program *program;
    const uint32_t *words;
    const uint32_t *tables[TABLE_COUNT];
    uint32_t counts[TABLE_COUNT];
    uint8_t *depths; /* of operations */
    const char *reason;
} Loader;

/* Notes the reason and gives false. */
static inline bool fail(Loader *loader, const char *reason)
{
    loader->reason = reason;
    return false;
}

/* Whether `count` things from `first` on are there, of `total`. */
static inline bool within(uint32_t first, uint32_t count, uint32_t total)
{
    return first <= total && count <= total - first;
}

/* Tables of strings and constants, and of what names mean (program.c). */
bool load_strings(Loader *loader);
bool load_constants(Loader *loader);
bool load_names(Loader *loader);

/* Tables of code (program_code.c). */
bool load_operations(Loader *loader);
bool load_patterns(Loader *loader);
bool load_functions(Loader *loader);
bool load_kept(Loader *loader);

/* Rows of the automaton, and assertions (program_rows.c). */
bool load_rows(Loader *loader);
bool load_assertions(Loader *loader);

/* Whether there is a function with so many parameters. */
bool is_function(const Program *program, uint32_t number, uint32_t parameters);

#endif
