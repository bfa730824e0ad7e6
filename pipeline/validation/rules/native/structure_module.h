#ifndef RULES_STRUCTURE_MODULE_H
#define RULES_STRUCTURE_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "expat.h"

/* Adds the type Structure to the extension; `expat` stays where it is. -1 with an exception set. */
int add_structure_type(PyObject *module, const Expat *expat);

#endif
