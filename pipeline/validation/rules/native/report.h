#ifndef RULES_REPORT_H
#define RULES_REPORT_H

/* What is told of failures: where they are, and the values that explain them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run.h"

#define FINDINGS_PER_RULE 100

typedef struct {
    uint32_t path; /* number of the path that is written in the assertion */
    Text text;
} Witness;

typedef struct {
    uint32_t assertion;
    uint32_t count; /* how often it failed in the document */
    uint32_t line;
    Text path;
    bool is_fault;
    Text words;
    const Witness *witnesses;
    uint32_t witness_count;
    const Text *told; /* values in its message */
    uint32_t told_count;
} Finding;

/* The first `FINDINGS_PER_RULE` failures of each assertion, in `checker->kept`. False when the
 * document has to go to the Python engine. */
bool report_findings(Run *run, const char *data, size_t size, const Finding **findings,
                     uint32_t *count);

#endif
