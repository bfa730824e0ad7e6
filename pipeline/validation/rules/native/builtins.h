#ifndef RULES_BUILTINS_H
#define RULES_BUILTINS_H

/* The functions of the runtime that expressions call, by the names they have in Python. */

#include <stdbool.h>
#include <stdint.h>

#include "run.h"

/* Whether there is such a function and it takes so many arguments. */
bool builtin_takes(uint32_t builtin, uint32_t count);

/* Calls it; false when it fails, as `run->fault` then says. */
bool builtin_call(Run *run, uint32_t builtin, const Value *arguments, uint32_t count,
                  Value *result);

#endif
