/* Rows of the automaton, and what is told of assertions, checked. */

#include "loader.h"

#define FITTING_MAX 60

/* -- rows */

static bool is_wild_right(const Program *program, const Wild *wild)
{
    if (wild->kind == WILD_FUNCTION)
        return is_function(program, wild->number, 1);
    return wild->kind < WILD_FUNCTION && wild->number < program->string_count;
}

static bool is_step_right(const Program *program, const Step *step)
{
    if (step->kind == STEP_NAME)
        return step->number < program->symbol_count;
    return step->kind == STEP_ANY ||
           (step->kind == STEP_WILD && step->number < program->wild_count);
}

static bool is_found_right(const Program *program, const Row *row)
{
    if (row->attribute != NONE && row->attribute >= program->attribute_count)
        return false;
    uint32_t count = row->kind == ROW_HIT ? program->assertion_count : program->collected_count;
    return row->number < count;
}

static bool is_look_right(const Program *program, const Row *row)
{
    return is_function(program, row->rule, 1) &&
           (row->condition == NONE || is_function(program, row->condition, 1)) &&
           (row->of_name == NONE || row->of_name < program->wild_count);
}

bool load_rows(Loader *loader)
{
    const Program *program = loader->program;
    if (program->wild_count > WILD_MAX)
        return fail(loader, "too many tests of names");
    for (uint32_t number = 0; number < program->wild_count; number++)
        if (!is_wild_right(program, program->wild + number))
            return fail(loader, "a test of names that is not known");
    for (uint32_t number = 0; number < program->step_count; number++)
        if (!is_step_right(program, program->steps + number))
            return fail(loader, "a step that is not known");
    for (uint32_t number = 0; number < program->row_count; number++) {
        const Row *row = program->rows + number;
        bool is_right = row->kind <= ROW_COLLECT && row->step_count <= FITTING_MAX &&
                        row->step_count > 0 &&
                        within(row->steps, row->step_count, program->step_count) &&
                        (row->kind == ROW_LOOK ? is_look_right(program, row)
                                               : is_found_right(program, row));
        if (!is_right || number >= 1u << 24)
            return fail(loader, "a row that leads to something unknown");
    }
    return true;
}

/* -- messages */

/* Paths to witnesses are operands: how many steps, then the steps; see report.c. */
static bool is_assertion_right(const Program *program, const Assertion *assertion)
{
    uint32_t place = assertion->values;
    for (uint32_t path = 0; path < assertion->value_count; path++) {
        if (place >= program->operand_count ||
            !within(place + 1, program->operands[place], program->operand_count))
            return false;
        place += 1 + program->operands[place];
    }
    return assertion->message == NONE || is_function(program, assertion->message, 1);
}

bool load_assertions(Loader *loader)
{
    const Program *program = loader->program;
    for (uint32_t number = 0; number < program->assertion_count; number++)
        if (!is_assertion_right(program, program->assertions + number))
            return fail(loader, "an assertion with an unknown message");
    return true;
}
