#ifndef RULES_NAMES_H
#define RULES_NAMES_H

/* Names of elements and the namespaces that prefixes stand for.
 *
 * expat is asked for names as written, and prefixes are resolved here: so the prefix of a name is
 * known, and a name that was seen under the same declarations costs one look-up. What expat itself
 * would refuse about namespaces, or might see otherwise, is left to the Python engine. */

#include <stdbool.h>
#include <stdint.h>

#include "tree.h"

#define NAME_BUCKETS 256

typedef struct {
    Text prefix;
    Text uri;
    uint32_t depth; /* of the element that declares it */
} Binding;

typedef struct {
    Vector bindings;  /* of Binding, the innermost last */
    uint32_t last;    /* the name that was found last, by its number */
    uint32_t version; /* a number that no other set of declarations has had */
    uint32_t versions;
    uint32_t buckets[NAME_BUCKETS]; /* names of the tree by hash, UINT32_MAX for none */
    Arena arena;                    /* text of names, which are known from document to document */
    const void *schemas;            /* the tables that all of the names have symbols of */
    bool is_spoilt;                 /* a name was not learned to the end */
} Names;

void names_begin(Names *names);

/* Gets ready for a document that is checked with `schemas`, or NULL. What is known of names is
 * kept, unless it is asked to go, or is of other schemas, or has become too much. */
bool names_start(Names *names, Tree *tree, const void *schemas, bool forgets);
void names_end(Names *names);

/* Whether an attribute declares a namespace. */
bool names_is_declaration(const char *name);

/* Takes the declaration of an element at `depth`. False when the Python engine has to see to it. */
bool names_declare(Names *names, const char *name, Text uri, uint32_t depth, Arena *arena);

/* Forgets what an element at `depth` declared. */
void names_leave(Names *names, uint32_t depth);

/* The number of an element's name in `tree->names`; `*is_new` when it was not seen before under
 * these declarations. False when the Python engine has to see to it. */
bool names_find(Names *names, Tree *tree, const char *name, uint32_t *number, bool *is_new);

/* Whether an attribute's name is one that namespaces allow here. */
bool names_allow_attribute(const Names *names, Text name);

#endif
