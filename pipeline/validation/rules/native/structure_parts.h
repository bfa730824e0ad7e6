#ifndef RULES_STRUCTURE_PARTS_H
#define RULES_STRUCTURE_PARTS_H

/* What the parts of the check of a structure use of each other. */

#include "structure.h"

static inline void structure_refuse(StructureCheck *check) { check->is_accepted = false; }

/* -- facts */

/* The place of an element among those from `first` on; NO_NUMBER when it has none. */
uint32_t structure_place_below(const StructureTables *tables, uint32_t first, uint32_t symbol);

/* A place of which a fact is wanted now, else NULL. */
const TablePlace *structure_wanted_place(const StructureCheck *check, uint32_t number);

void structure_begin_fact(StructureCheck *check, const TablePlace *place);
void structure_end_fact(StructureCheck *check);
void structure_keep_attribute(StructureCheck *check, const TablePlace *place, uint32_t symbol,
                              Text value);
void structure_keep_text(StructureCheck *check, const char *text, size_t size);
void structure_read_base64(StructureCheck *check, const char *text, size_t size);

/* -- attributes */

void structure_check_declarations(StructureCheck *check, const Scan *element);

/* `fact`, when there is one, keeps those that it wants. */
void structure_check_attributes(StructureCheck *check, const TableType *type,
                                const TablePlace *fact, const Scan *element);

/* Of elements that nothing is said about: any attributes without a namespace. */
void structure_check_open_attributes(StructureCheck *check, const Scan *element);

#endif
