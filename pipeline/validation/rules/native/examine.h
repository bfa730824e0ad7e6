#ifndef RULES_EXAMINE_H
#define RULES_EXAMINE_H

/* One pass over a document for its structure only. */

#include "names.h"
#include "structure.h"

/* What one thread needs for it; kept from document to document for what it knows of names. */
typedef struct {
    StructureCheck check;
    Names names;
    Vector known; /* of Name */
    Arena arena;
    Scan scan;
} StructureReader;

void structure_reader_start(StructureReader *reader);
void structure_reader_end(StructureReader *reader);

/* Whether a document is accepted by the check of the reader, which was started. */
bool examine_structure(StructureReader *reader, const char *data, size_t size);

#endif
