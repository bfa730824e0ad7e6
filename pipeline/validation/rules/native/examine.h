#ifndef RULES_EXAMINE_H
#define RULES_EXAMINE_H

/* One pass of expat that asks for the structure of a document only. */

#include "expat.h"
#include "structure.h"

/* Whether a document that is plain (see plain.h) is accepted by a check that was started. */
bool examine_structure(const Expat *expat, const char *data, size_t size, StructureCheck *check);

#endif
