#ifndef RULES_STRUCTURE_MODULE_H
#define RULES_STRUCTURE_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include "structure.h"

/* Adds the type Structure to the extension. -1 with an exception set. */
int add_structure_type(PyObject *module);

/* How much a document may be, and what is wanted of it. */
typedef struct {
    StructureLimits limits;
    bool wants_objects;
} StructureRequest;

/* A converter for arguments: reads the tuple that Python gives for a request. */
int structure_read_request(PyObject *arguments, void *request);

/* The tables of a Structure; NULL with an exception set for any other object. */
const StructureTables *structure_tables_of(PyObject *structure);

/* What Python is given of an accepted document: (number of the root, texts, objects). */
PyObject *structure_answer(const StructureCheck *check);

#endif
