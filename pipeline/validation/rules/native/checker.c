#include "checker.h"

#include <stdlib.h>
#include <string.h>

#include "evaluate.h"

#define KEPT_MAX ((size_t)512 << 20)
#define SCRATCH_MAX ((size_t)256 << 20)
#define BYTES_KEPT ((size_t)1 << 20)

bool checker_start(Checker *checker, const Program *program, Limits limits)
{
    memset(checker, 0, sizeof *checker);
    checker->program = program;
    checker->limits = limits;
    arena_start(&checker->kept, KEPT_MAX);
    arena_start(&checker->scratch, SCRATCH_MAX);
    names_begin(&checker->names);
    checker->collected = calloc(program->collected_count + 1u, sizeof(Vector));
    checker->is_hit = calloc(program->assertion_count + 1u, 1);
    return automaton_start(&checker->automaton, program) && checker->collected != NULL &&
           checker->is_hit != NULL;
}

void checker_end(Checker *checker)
{
    if (checker->collected != NULL)
        for (uint32_t way = 0; way < checker->program->collected_count; way++)
            vector_end(checker->collected + way);
    free(checker->collected);
    free(checker->is_hit);
    vector_end(&checker->work);
    vector_end(&checker->hits);
    vector_end(&checker->failures);
    tree_end(&checker->tree);
    names_end(&checker->names);
    automaton_end(&checker->automaton);
    arena_end(&checker->kept);
    arena_end(&checker->scratch);
}

bool checker_clear(Checker *checker, const void *schemas)
{
    arena_reset(&checker->kept);
    arena_reset(&checker->scratch);
    vector_clear(&checker->work, sizeof(NodeId), BYTES_KEPT);
    vector_clear(&checker->hits, sizeof(Hit), BYTES_KEPT);
    vector_clear(&checker->failures, sizeof(Failure), BYTES_KEPT);
    for (uint32_t way = 0; way < checker->program->collected_count; way++)
        vector_clear(checker->collected + way, sizeof(NodeId), BYTES_KEPT);
    memset(checker->is_hit, 0, checker->program->assertion_count);
    if (!tree_start(&checker->tree) || !automaton_tidy(&checker->automaton))
        return false;
    bool is_new = checker->automaton.class_count == 0; /* it knows no name any more */
    return names_start(&checker->names, &checker->tree.names, schemas, is_new);
}
