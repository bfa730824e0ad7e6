#ifndef RULES_NAMES_H
#define RULES_NAMES_H

/* Names of elements and the namespaces that prefixes stand for.
 *
 * A name that was seen under the same declarations costs one look-up, in the next documents too:
 * most declare the same. What is odd about namespaces is left to others. */

#include <stdbool.h>
#include <stdint.h>

#include "scan.h"
#include "tree.h"

#define NAME_BUCKETS 256
#define CONTEXTS_KEPT 32

/* What is declared at one point of a document, as a number: what was declared before, and more. */
typedef struct {
    uint32_t before;
    uint32_t version;
    Text prefix;
    Text uri;
} Context;

typedef struct {
    Text prefix;
    Text uri;
    uint32_t depth;  /* of the element that declares it */
    uint32_t before; /* the version without it */
} Binding;

typedef struct {
    Vector bindings;  /* of Binding, the innermost last */
    uint32_t last;    /* the name that was found last, by its number */
    uint32_t version; /* the number of all declarations in force */
    uint32_t versions;
    uint32_t buckets[NAME_BUCKETS]; /* names by hash, UINT32_MAX for none */
    Context contexts[CONTEXTS_KEPT];
    uint32_t context_count;
    Arena arena;         /* text of names, which are known from document to document */
    const void *schemas; /* the tables that all of the names have symbols of */
    bool is_spoilt;      /* a name was not learned to the end */
} Names;

void names_begin(Names *names);

/* Gets ready for a document that is checked with `schemas`, or NULL. What is known of names,
 * which is in `all`, is kept, unless it is asked to go, is of other schemas, or has become too
 * much. */
bool names_start(Names *names, Vector *all, const void *schemas, bool forgets);
void names_end(Names *names);

/* Takes what an element at `depth` declares. False when it, or a name of an attribute, is not one
 * that namespaces allow here, or odd. */
bool names_enter(Names *names, const Scan *element, uint32_t depth);

/* Forgets what an element at `depth` declared. */
void names_leave(Names *names, uint32_t depth);

/* The number of an element's name in `all`; `*is_new` when it is the first in its namespace that is
 * written so. False when its prefix means nothing, or there are too many names. */
bool names_find(Names *names, Vector *all, const ScanName *name, uint32_t *number, bool *is_new);

#endif
