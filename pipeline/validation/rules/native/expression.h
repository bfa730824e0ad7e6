#ifndef RULES_EXPRESSION_H
#define RULES_EXPRESSION_H

/* The evaluator of expressions: what the generated Python does, operation by operation.
 *
 * Everything is evaluated in the same order and as completely as there, so that the same errors
 * are met. What generated code never does with a value is `unsupported`. */

#include <stdbool.h>
#include <stdint.h>

#include "run.h"

/* The value of an operation. */
bool evaluate(Run *run, uint32_t operation, Value *result);

/* Whether it is true; where Python keeps a value of `and` and `or`, only its truth counts here. */
bool holds(Run *run, uint32_t operation, bool *result);

/* The result of a function of the program (evaluate.c). */
bool call_function(Run *run, uint32_t number, const Value *arguments, Value *result);

#endif
