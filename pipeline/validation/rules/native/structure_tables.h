#ifndef RULES_STRUCTURE_TABLES_H
#define RULES_STRUCTURE_TABLES_H

/* The schemas as `pipeline.validation.structure.tables` writes them, loaded and checked: every
 * number in a table leads to something that is there. Nothing changes after that, so that any
 * number of threads may read them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_NUMBER UINT32_MAX
#define SYMBOL_UNKNOWN (UINT32_MAX - 1) /* a name that has no place in any document */
#define SYMBOL_FOREIGN (UINT32_MAX - 2) /* of a namespace that the schemas say nothing about */
#define SYMBOL_BARE (UINT32_MAX - 3)    /* a name without a namespace */
#define EDGE_ANY UINT32_MAX             /* for a SYMBOL_FOREIGN */

typedef enum { TYPE_TEXT = 0, TYPE_ELEMENTS, TYPE_UNDECIDED } TypeKind;

typedef struct {
    uint32_t at;
    uint32_t size;
} TableName;

typedef struct {
    uint32_t symbol;
    uint32_t type;
} TableRoot;

typedef struct {
    uint32_t kind;
    uint32_t first; /* kind of the value, or first state */
    uint32_t attributes;
    uint32_t attribute_count;
} TableType;

typedef struct {
    uint32_t edges;
    uint32_t count;
    uint32_t is_final;
} TableState;

typedef struct {
    uint32_t symbol;
    uint32_t type;
    uint32_t state;
} TableEdge;

typedef struct {
    uint32_t symbol;
    uint32_t value;
    uint32_t is_required;
} TableAttribute;

#define PLACE_EVERY 1U
#define PLACE_OBJECT 2U
#define PLACE_ATTRIBUTES 2

typedef struct {
    uint32_t symbol;
    uint32_t next;  /* place with the same parent */
    uint32_t below; /* first place inside */
    uint32_t fact;  /* what is found here, NO_NUMBER for nothing */
    uint32_t flags;
    uint32_t attributes[PLACE_ATTRIBUTES];
} TablePlace;

typedef struct {
    uint32_t *numbers; /* all records */
    const TableName *symbols;
    const TableName *namespaces;
    const TableRoot *roots;
    const TableType *types;
    const TableState *states;
    const TableEdge *edges;
    const TableAttribute *attributes;
    const TablePlace *places;
    uint32_t symbol_count, namespace_count, root_count, type_count, state_count, edge_count,
        attribute_count, place_count;
    uint32_t first_place;
    char *text;
    uint32_t text_size;
    uint32_t *slots; /* hash table: symbol or NO_NUMBER */
    uint32_t slot_mask;
} StructureTables;

/* False when the bytes are no tables, or there is no memory; then there is nothing to end. */
bool structure_tables_load(StructureTables *tables, const unsigned char *data, size_t size);
void structure_tables_end(StructureTables *tables);

/* The symbol of a name without a namespace, NO_NUMBER if it has none. */
uint32_t structure_attribute_symbol(const StructureTables *tables, const char *name, size_t size);

/* The symbol of an element, or SYMBOL_UNKNOWN, SYMBOL_FOREIGN or SYMBOL_BARE. */
uint32_t structure_element_symbol(const StructureTables *tables, const char *uri, size_t uri_size,
                                  const char *local, size_t local_size);

#endif
