#ifndef RULES_STRUCTURE_MODULE_H
#define RULES_STRUCTURE_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include "expat.h"
#include "structure.h"

/* Adds the type Structure to the extension; `expat` stays where it is. -1 with an exception set. */
int add_structure_type(PyObject *module, const Expat *expat);

/* How much a document may be, and what is wanted of it. */
typedef struct {
    size_t bytes_max;
    size_t nodes_max;
    StructureLimits limits;
    bool wants_objects;
} StructureRequest;

/* A converter for arguments: reads the tuple that Python gives for a request. */
int structure_read_request(PyObject *arguments, void *request);

/* Whether a document may be looked at; needs no lock of the interpreter. */
bool structure_is_plain(const StructureRequest *request, const char *data, size_t size);

/* The tables of a Structure; NULL with an exception set for any other object. */
const StructureTables *structure_tables_of(PyObject *structure);

/* What Python is given of an accepted document: (number of the root, texts, objects). */
PyObject *structure_answer(const StructureCheck *check);

#endif
