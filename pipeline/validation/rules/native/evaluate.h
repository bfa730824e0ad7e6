#ifndef RULES_EVALUATE_H
#define RULES_EVALUATE_H

/* The functions of a program at work on the document in a checker. */

#include <stdbool.h>
#include <stdint.h>

#include "checker.h"
#include "run.h"

/* An assertion that does not hold for a node. */
typedef struct {
    uint32_t assertion;
    NodeId node;
    bool is_fault;
    Text words; /* why it could not be evaluated */
} Failure;

/* Whether a condition that asks for nothing but the name of a node holds; false when the document
 * has to go to the Python engine. */
bool evaluate_name_test(Checker *checker, uint32_t function, NodeId node, bool *is_held);

/* Gets ready to evaluate the document in a checker. */
bool evaluate_start(Run *run, Checker *checker);

/* Adds every failure to `checker->failures`, in document order. False when the document has to go
 * to the Python engine. */
bool evaluate_rules(Run *run);

#endif
