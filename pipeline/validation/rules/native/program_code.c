/* The tables of code of a program, checked. */

#include <stdlib.h>

#include "builtins.h"
#include "loader.h"

#define DEPTH_MAX 100 /* of an expression */

/* -- expressions */

#define OPERANDS_OF(name, operands) operands,
static const char *const OPERANDS[] = {OPERATIONS(OPERANDS_OF)};

static bool is_earlier(Loader *loader, uint32_t operation, uint32_t number)
{
    if (operation >= number)
        return false;
    uint8_t depth = (uint8_t)(loader->depths[operation] + 1);
    if (depth > loader->depths[number])
        loader->depths[number] = depth;
    return true;
}

static bool are_earlier(Loader *loader, uint32_t first, uint32_t count, uint32_t number)
{
    if (!within(first, count, loader->program->operand_count))
        return false;
    for (uint32_t place = 0; place < count; place++)
        if (!is_earlier(loader, loader->program->operands[first + place], number))
            return false;
    return true;
}

static bool is_call_right(const Loader *loader, const Operation *operation)
{
    const Program *program = loader->program;
    return operation->b < program->function_count &&
           program->functions[operation->b].parameters == operation->count;
}

static bool is_operand_right(Loader *loader, char kind, uint32_t operand, uint32_t number)
{
    const Program *program = loader->program;
    const Operation *operation = program->operations + number;
    switch (kind) {
    case 'e': return is_earlier(loader, operand, number);
    case 'l': return are_earlier(loader, operand, operation->count, number);
    case 'k': return operand < program->constant_count;
    case 's': return operand < program->symbol_count;
    case 'a': return operand < program->attribute_count;
    case 'm': return operand < program->memo_count;
    case 'q': return operand < program->node_memo_count;
    case 'w': return operand < program->collected_count;
    case 'r': return operand <= RELATION_GREATER_OR_EQUAL;
    case 'f': return is_call_right(loader, operation);
    case 'b': return builtin_takes(operand, operation->count);
    case 't': return operand < program->string_count;
    default: return true; /* variables are checked where they are used */
    }
}

static bool load_operation(Loader *loader, Operation *operation, uint32_t number)
{
    const uint32_t *record = loader->tables[TABLE_OPERATIONS] + 4 * number;
    *operation = (Operation){(uint16_t)(record[0] & 0xffff), (uint16_t)(record[0] >> 16), record[1],
                             record[2], record[3]};
    if (operation->kind >= OPERATION_COUNT)
        return fail(loader, "an unknown operation");
    const char *kinds = OPERANDS[operation->kind];
    bool is_right = is_operand_right(loader, kinds[0], operation->a, number) &&
                    is_operand_right(loader, kinds[1], operation->b, number) &&
                    is_operand_right(loader, kinds[2], operation->c, number);
    if (!is_right)
        return fail(loader, "an operation on something unknown");
    return loader->depths[number] <= DEPTH_MAX || fail(loader, "an expression that is too deep");
}

bool load_operations(Loader *loader)
{
    Program *program = loader->program;
    uint32_t count = loader->counts[TABLE_OPERATIONS];
    Operation *operations = arena_take_many(&program->arena, count + 1u, sizeof(Operation));
    loader->depths = calloc(count + 1u, 1);
    if (operations == NULL || loader->depths == NULL)
        return fail(loader, "no memory");
    program->operations = operations;
    for (uint32_t number = 0; number < count; number++)
        if (!load_operation(loader, operations + number, number))
            return false;
    program->operation_count = count;
    return true;
}

/* The pattern of a call, when it is written in the rules; what cannot be compiled here is left to
 * the Python engine when a document gets so far. */
static const Pattern *constant_pattern(const Program *program, Arena *arena,
                                       const Operation *operation)
{
    uint32_t flags_place = operation->b == BUILTIN_replace ? 3 : 2;
    bool has_pattern = operation->b == BUILTIN_matches || operation->b == BUILTIN_tokenize ||
                       operation->b == BUILTIN_replace;
    if (operation->kind != OPERATION_BUILTIN || !has_pattern)
        return NULL;
    const uint32_t *arguments = program->operands + operation->a;
    const Operation *source = program->operations + arguments[1];
    if (source->kind != OPERATION_CONSTANT || operation->count > flags_place ||
        program->constants[source->a].kind != VALUE_TEXT)
        return NULL;
    Pattern *pattern;
    Fault fault;
    bool is_compiled = pattern_compile(program->constants[source->a].as.text, (Text){NULL, 0},
                                       arena, &pattern, &fault);
    return is_compiled ? pattern : NULL;
}

bool load_patterns(Loader *loader)
{
    Program *program = loader->program;
    program->patterns =
        arena_take_many(&program->arena, program->operation_count + 1u, sizeof *program->patterns);
    if (program->patterns == NULL)
        return fail(loader, "no memory");
    for (uint32_t number = 0; number < program->operation_count; number++)
        program->patterns[number] =
            constant_pattern(program, &program->arena, program->operations + number);
    return true;
}

/* -- functions */

bool is_function(const Program *program, uint32_t number, uint32_t parameters)
{
    return number < program->function_count && program->functions[number].parameters == parameters;
}

static bool is_statement_right(const Program *program, const Statement *statement, uint32_t number,
                               uint32_t end)
{
    uint32_t kind = statement->kind & 0xffff, count = statement->kind >> 16;
    bool is_value = statement->b < program->operation_count;
    if (kind != STATEMENT_HITS && !within(statement->c, count, program->operand_count))
        return false;
    switch (kind) {
    case STATEMENT_ASSERT: return is_value && statement->a < program->assertion_count;
    case STATEMENT_LET:
    case STATEMENT_ASSIGN: return is_value;
    case STATEMENT_CHECK: return true;
    case STATEMENT_UNLESS:
        return statement->a < program->operation_count && statement->b > number &&
               statement->b <= end;
    case STATEMENT_GIVE:
    case STATEMENT_GIVE_OR_FALSE: return statement->a < program->operation_count;
    case STATEMENT_HITS: return within(statement->a, statement->b, program->operand_count);
    default: return false;
    }
}

#define SLOTS_MAX 1000

bool load_functions(Loader *loader)
{
    Program *program = loader->program;
    for (uint32_t number = 0; number < program->function_count; number++) {
        const Function *function = program->functions + number;
        if (function->parameters > function->slots || function->slots > SLOTS_MAX ||
            !within(function->statements, function->statement_count, program->statement_count))
            return fail(loader, "a function goes over the end");
        uint32_t end = function->statements + function->statement_count;
        for (uint32_t place = function->statements; place < end; place++)
            if (!is_statement_right(program, program->statements + place, place, end))
                return fail(loader, "a statement about something unknown");
    }
    return true;
}

static bool are_functions(const Program *program, const uint32_t *numbers, uint32_t count,
                          uint32_t parameters)
{
    for (uint32_t place = 0; place < count; place++)
        if (!is_function(program, numbers[place], parameters))
            return false;
    return true;
}

bool load_kept(Loader *loader)
{
    const Program *program = loader->program;
    bool is_right = program->gate_count <= GATES_MAX &&
                    are_functions(program, program->gates, program->gate_count, 0) &&
                    are_functions(program, program->memo, program->memo_count, 0) &&
                    are_functions(program, program->node_memo, program->node_memo_count, 1);
    return is_right || fail(loader, "a kept value without its function");
}
