#ifndef RULES_STRUCTURE_H
#define RULES_STRUCTURE_H

/* Whether a document is what the schemas say, decided while it is parsed, and facts from it.
 *
 * Only ever accepts: a document that is not accepted may be as good as any, and is judged by
 * somebody else. So everything rare is simply not accepted: names with a prefix on attributes,
 * namespaces that are written in odd ways, comments inside a text.
 *
 * The caller reports every element, text, comment and instruction in order, as the scanner gives
 * them, and sees to it that the document is well-formed and its prefixes are declared. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base64.h"
#include "scan.h"
#include "structure_tables.h"

#define STRUCTURE_DEPTH_MAX 256
#define STRUCTURE_TEXT_MAX 4096 /* bytes of a text that is kept or has to be a certain value */
#define STRUCTURE_FACTS_MAX 256

/* Something found in a document. */
typedef struct {
    uint32_t number; /* of its place, as the maker of the tables counts them */
    bool is_object;
    size_t text; /* in `kept`, or in `objects` for an object */
    size_t text_size;
    size_t attributes[PLACE_ATTRIBUTES]; /* in `kept` */
    size_t attribute_sizes[PLACE_ATTRIBUTES]; /* SIZE_MAX where it has none */
} StructureFact;

typedef struct {
    uint32_t type;
    uint32_t state;
    uint32_t place; /* in the tree of places, NO_NUMBER outside of it */
    bool is_open;   /* anything goes, as long as no schema speaks of it */
} StructureFrame;

typedef struct {
    char *items;
    size_t count;
    size_t capacity;
} StructureBytes;

typedef struct {
    size_t bytes;
    size_t nodes; /* tags and attributes, by their first characters */
    uint32_t depth;
    uint32_t attributes; /* of one element, namespace declarations included */
} StructureLimits;

typedef struct {
    const StructureTables *tables;
    StructureLimits limits;
    bool is_accepted; /* so far */
    bool wants_objects;
    uint32_t root; /* which of the roots of the tables the document has */
    uint32_t depth;
    bool has_xsi;          /* whether the prefix "xsi" was declared, as what it usually is */
    StructureFrame frames[STRUCTURE_DEPTH_MAX + 1];
    char text[STRUCTURE_TEXT_MAX]; /* of the element that is open */
    size_t text_size;
    Base64 base64;
    size_t object; /* where the open one starts in `objects` */
    uint64_t found; /* facts of which the first one was found */
    StructureFact facts[STRUCTURE_FACTS_MAX];
    uint32_t fact_count;
    bool has_fact; /* the open element will be a fact: the one after the last */
    StructureBytes kept;
    StructureBytes objects;
} StructureCheck;

void structure_start(StructureCheck *check, const StructureTables *tables, StructureLimits limits,
                     bool wants_objects);
void structure_end(StructureCheck *check);

/* Whether a document that is to be scanned is within the limits. */
bool structure_may_take(const StructureCheck *check, const Scan *document);

/* Once, when all was reported. */
bool structure_is_accepted(const StructureCheck *check);

void structure_open(StructureCheck *check, uint32_t symbol, const Scan *element);
void structure_text(StructureCheck *check, Text text, bool is_blank);
void structure_close(StructureCheck *check);
void structure_comment(StructureCheck *check);
void structure_instruction(StructureCheck *check, Text target);

#endif
