#ifndef RULES_EXAMINE_H
#define RULES_EXAMINE_H

/* One pass of expat that asks for the structure of a document only. */

#include "expat.h"
#include "structure.h"

typedef struct {
    size_t bytes;
    size_t nodes;
    StructureLimits structure;
} ExamineLimits;

/* Whether the document is accepted; what was found is in `check`, which is to be ended by
 * `structure_end` in any case. */
bool examine_structure(const Expat *expat, const StructureTables *tables, const char *data,
                       size_t size, ExamineLimits limits, bool wants_objects,
                       StructureCheck *check);

#endif
