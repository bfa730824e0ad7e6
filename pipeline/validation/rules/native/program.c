#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "builtins.h"

#define MAGIC 0x4c525044u /* DPRL, read as a little-endian word */
#define VERSION 1u
#define PROGRAM_MAX ((size_t)64 << 20)
#define DEPTH_MAX 100 /* of an expression */
#define FITTING_MAX 60

typedef enum {
    TABLE_BYTES,
    TABLE_STRINGS,
    TABLE_CONSTANTS,
    TABLE_OPERATIONS,
    TABLE_OPERANDS,
    TABLE_FUNCTIONS,
    TABLE_STATEMENTS,
    TABLE_SYMBOLS,
    TABLE_ATTRIBUTES,
    TABLE_STEPS,
    TABLE_ROWS,
    TABLE_WILD,
    TABLE_GATES,
    TABLE_MEMO,
    TABLE_NODE_MEMO,
    TABLE_ASSERTIONS,
    TABLE_COLLECTED,
    TABLE_COUNT,
} TableKind;

/* Words of one record. */
static const uint32_t WIDTHS[TABLE_COUNT] = {
    [TABLE_BYTES] = 1,     [TABLE_STRINGS] = 2, [TABLE_CONSTANTS] = 3, [TABLE_OPERATIONS] = 4,
    [TABLE_OPERANDS] = 1,  [TABLE_FUNCTIONS] = 4, [TABLE_STATEMENTS] = 4, [TABLE_SYMBOLS] = 2,
    [TABLE_ATTRIBUTES] = 1, [TABLE_STEPS] = 3,  [TABLE_ROWS] = 11,     [TABLE_WILD] = 2,
    [TABLE_GATES] = 1,     [TABLE_MEMO] = 1,    [TABLE_NODE_MEMO] = 1, [TABLE_ASSERTIONS] = 3,
    [TABLE_COLLECTED] = 0,
};

typedef enum {
    CONSTANT_NONE,
    CONSTANT_FALSE,
    CONSTANT_TRUE,
    CONSTANT_INTEGER, /* this and the next ones by the text of a string */
    CONSTANT_DECIMAL,
    CONSTANT_DOUBLE,
    CONSTANT_TEXT,
    CONSTANT_ITEMS, /* earlier constants, as operands */
    CONSTANT_SET,   /* strings, as operands */
} ConstantKind;

typedef struct {
    Program *program;
    const uint32_t *words;
    const uint32_t *tables[TABLE_COUNT];
    uint32_t counts[TABLE_COUNT];
    uint8_t *depths; /* of operations */
    const char *reason;
} Loader;

static bool fail(Loader *loader, const char *reason)
{
    loader->reason = reason;
    return false;
}

static bool within(uint32_t first, uint32_t count, uint32_t total)
{
    return first <= total && count <= total - first;
}

/* -- the file */

static bool find_tables(Loader *loader, size_t words)
{
    if (words < 2 + 2 * TABLE_COUNT || loader->words[0] != MAGIC || loader->words[1] != VERSION)
        return fail(loader, "not a program of this version");
    for (uint32_t kind = 0; kind < TABLE_COUNT; kind++) {
        uint32_t first = loader->words[2 + 2 * kind], count = loader->words[3 + 2 * kind];
        uint64_t size = (uint64_t)count * WIDTHS[kind];
        if (first > words || size > words - first)
            return fail(loader, "a table goes over the end");
        loader->tables[kind] = loader->words + first;
        loader->counts[kind] = count;
    }
    return true;
}

static bool has_valid_utf8(Text text)
{
    for (uint32_t place = 0; place < text.size;) {
        unsigned char first = (unsigned char)text.at[place];
        uint32_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
        if (size == 0 || size > text.size - place)
            return false;
        for (uint32_t next = 1; next < size; next++)
            if (((unsigned char)text.at[place + next] & 0xc0) != 0x80)
                return false;
        place += size;
    }
    return true;
}

static bool load_strings(Loader *loader)
{
    uint32_t count = loader->counts[TABLE_STRINGS];
    const uint32_t *spans = loader->tables[TABLE_STRINGS];
    uint32_t bytes = loader->counts[TABLE_BYTES] * 4;
    Text *strings = arena_take_many(&loader->program->arena, count + 1u, sizeof(Text));
    if (strings == NULL)
        return fail(loader, "no memory");
    for (uint32_t number = 0; number < count; number++) {
        if (!within(spans[2 * number], spans[2 * number + 1], bytes))
            return fail(loader, "a string goes over the end");
        strings[number] = (Text){(const char *)loader->tables[TABLE_BYTES] + spans[2 * number],
                                 spans[2 * number + 1]};
        if (!has_valid_utf8(strings[number]))
            return fail(loader, "a string is no UTF-8");
    }
    loader->program->strings = strings;
    loader->program->string_count = count;
    return true;
}

/* -- constants */

static uint32_t hash_of(Text text)
{
    uint32_t hash = 2166136261u;
    for (uint32_t place = 0; place < text.size; place++)
        hash = (hash ^ (unsigned char)text.at[place]) * 16777619u;
    return hash ^ hash >> 15;
}

static uint32_t *make_buckets(Loader *loader, uint32_t count, uint32_t *mask)
{
    uint32_t size = 8;
    while (size < 2 * (uint64_t)count && size < 1u << 24)
        size *= 2;
    uint32_t *buckets = arena_take_many(&loader->program->arena, size, sizeof(uint32_t));
    if (buckets != NULL)
        memset(buckets, 0xff, size * sizeof(uint32_t));
    *mask = size - 1;
    return size > count ? buckets : NULL;
}

static bool load_set(Loader *loader, uint32_t first, uint32_t count, Value *value)
{
    const uint32_t *members = loader->program->operands + first;
    StringSet *set = arena_take(&loader->program->arena, sizeof(StringSet));
    uint32_t mask, *buckets = make_buckets(loader, count, &mask);
    if (set == NULL || buckets == NULL)
        return fail(loader, "no memory");
    for (uint32_t place = 0; place < count; place++) {
        if (members[place] >= loader->program->string_count)
            return fail(loader, "a set has an unknown string");
        uint32_t bucket = hash_of(loader->program->strings[members[place]]) & mask;
        while (buckets[bucket] != NONE)
            bucket = (bucket + 1) & mask;
        buckets[bucket] = members[place];
    }
    *set = (StringSet){mask, buckets};
    *value = (Value){.kind = VALUE_SET, .count = count, .as.set = set};
    return true;
}

bool program_has_string(const Program *program, const StringSet *set, Text text)
{
    for (uint32_t bucket = hash_of(text) & set->mask; set->buckets[bucket] != NONE;
         bucket = (bucket + 1) & set->mask)
        if (text_equal(program->strings[set->buckets[bucket]], text))
            return true;
    return false;
}

static bool load_items(Loader *loader, uint32_t first, uint32_t count, uint32_t earlier,
                       const Value *constants, Value *value)
{
    const uint32_t *members = loader->program->operands + first;
    if (count == 0) {
        *value = (Value){.kind = VALUE_NODES};
        return true;
    }
    Value *items = arena_take_many(&loader->program->arena, count, sizeof(Value));
    if (items == NULL)
        return fail(loader, "no memory");
    for (uint32_t place = 0; place < count; place++) {
        if (members[place] >= earlier)
            return fail(loader, "a constant has an unknown item");
        items[place] = constants[members[place]];
    }
    *value = (Value){.kind = VALUE_ITEMS, .count = count, .as.items = items};
    return true;
}

static bool load_number(Loader *loader, uint32_t kind, Text text, Value *value)
{
    Fault fault;
    Number number = {.kind = NUMBER_DOUBLE};
    bool is_read;
    if (kind == CONSTANT_DOUBLE) {
        is_read = double_parse(text, &number.as.inexact, &fault);
    } else {
        number.kind = kind == CONSTANT_INTEGER ? NUMBER_INTEGER : NUMBER_DECIMAL;
        is_read = kind == CONSTANT_INTEGER ? integer_parse(text, &number.as.exact, &fault)
                                           : decimal_parse(text, &number.as.exact, &fault);
    }
    *value = (Value){.kind = VALUE_NUMBER, .as.number = number};
    return is_read || fail(loader, "a number that this engine cannot hold");
}

static bool load_constant(Loader *loader, const uint32_t *record, uint32_t number, Value *constants)
{
    const Program *program = loader->program;
    uint32_t kind = record[0], a = record[1], b = record[2];
    Value *value = constants + number;
    *value = (Value){.kind = VALUE_NONE};
    if (kind == CONSTANT_NONE)
        return true;
    if (kind == CONSTANT_FALSE || kind == CONSTANT_TRUE) {
        *value = (Value){.kind = VALUE_BOOLEAN, .as.truth = kind == CONSTANT_TRUE};
        return true;
    }
    if (kind == CONSTANT_ITEMS || kind == CONSTANT_SET) {
        if (!within(a, b, program->operand_count))
            return fail(loader, "a constant goes over the end");
        return kind == CONSTANT_SET ? load_set(loader, a, b, value)
                                    : load_items(loader, a, b, number, constants, value);
    }
    if (kind > CONSTANT_SET || a >= program->string_count)
        return fail(loader, "an unknown kind of constant");
    if (kind != CONSTANT_TEXT)
        return load_number(loader, kind, program->strings[a], value);
    *value = (Value){.kind = VALUE_TEXT, .as.text = program->strings[a]};
    return true;
}

static bool load_constants(Loader *loader)
{
    Program *program = loader->program;
    uint32_t count = loader->counts[TABLE_CONSTANTS];
    Value *constants = arena_take_many(&program->arena, count + 1u, sizeof(Value));
    if (constants == NULL)
        return fail(loader, "no memory");
    for (uint32_t number = 0; number < count; number++)
        if (!load_constant(loader, loader->tables[TABLE_CONSTANTS] + 3 * number, number, constants))
            return false;
    program->constants = constants;
    program->constant_count = count;
    return true;
}

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

static bool load_operations(Loader *loader)
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

static bool load_patterns(Loader *loader)
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

static bool is_function(const Program *program, uint32_t number, uint32_t parameters)
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

static bool load_functions(Loader *loader)
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

static bool load_kept(Loader *loader)
{
    const Program *program = loader->program;
    bool is_right = program->gate_count <= GATES_MAX &&
                    are_functions(program, program->gates, program->gate_count, 0) &&
                    are_functions(program, program->memo, program->memo_count, 0) &&
                    are_functions(program, program->node_memo, program->node_memo_count, 1);
    return is_right || fail(loader, "a kept value without its function");
}

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
    return step->kind == STEP_ANY || (step->kind == STEP_WILD && step->number < program->wild_count);
}

static bool is_found_right(const Program *program, const Row *row)
{
    if (row->attribute != NONE && row->attribute >= program->attribute_count)
        return false;
    return row->number < (row->kind == ROW_HIT ? program->assertion_count : program->collected_count);
}

static bool is_look_right(const Program *program, const Row *row)
{
    return is_function(program, row->rule, 1) &&
           (row->condition == NONE || is_function(program, row->condition, 1)) &&
           (row->of_name == NONE || row->of_name < program->wild_count);
}

static bool load_rows(Loader *loader)
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

/* -- names and messages */

static uint32_t hash_of_name(const Program *program, uint32_t symbol)
{
    return hash_of(program->strings[program->symbols[symbol].local]);
}

static bool load_names(Loader *loader)
{
    Program *program = loader->program;
    uint32_t *buckets = make_buckets(loader, program->symbol_count, &program->symbol_mask);
    if (buckets == NULL)
        return fail(loader, "no memory");
    for (uint32_t symbol = 0; symbol < program->symbol_count; symbol++) {
        const Symbol *name = program->symbols + symbol;
        if (name->local >= program->string_count ||
            (name->uri != NONE && name->uri >= program->string_count))
            return fail(loader, "a name that is not known");
        uint32_t bucket = hash_of_name(program, symbol) & program->symbol_mask;
        while (buckets[bucket] != NONE)
            bucket = (bucket + 1) & program->symbol_mask;
        if (symbol != UNKNOWN_SYMBOL)
            buckets[bucket] = symbol;
    }
    program->symbol_buckets = buckets;
    for (uint32_t number = 0; number < program->attribute_count; number++)
        if (program->attributes[number] >= program->string_count)
            return fail(loader, "an attribute that is not known");
    return program->symbol_count > 0 || fail(loader, "no names");
}

uint32_t program_symbol(const Program *program, Text uri, Text local)
{
    uint32_t bucket = hash_of(local) & program->symbol_mask;
    for (; program->symbol_buckets[bucket] != NONE; bucket = (bucket + 1) & program->symbol_mask) {
        const Symbol *name = program->symbols + program->symbol_buckets[bucket];
        Text its_uri = name->uri == NONE ? (Text){NULL, 0} : program->strings[name->uri];
        if (text_equal(program->strings[name->local], local) && text_equal(its_uri, uri))
            return program->symbol_buckets[bucket];
    }
    return UNKNOWN_SYMBOL;
}

uint32_t program_attribute(const Program *program, Text name)
{
    for (uint32_t number = 0; number < program->attribute_count; number++)
        if (text_equal(program->strings[program->attributes[number]], name))
            return number;
    return NO_ATTRIBUTE;
}

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

static bool load_assertions(Loader *loader)
{
    const Program *program = loader->program;
    for (uint32_t number = 0; number < program->assertion_count; number++)
        if (!is_assertion_right(program, program->assertions + number))
            return fail(loader, "an assertion with an unknown message");
    return true;
}

/* -- all of it */

static void set_tables(Loader *loader)
{
    Program *program = loader->program;
    program->operands = loader->tables[TABLE_OPERANDS];
    program->operand_count = loader->counts[TABLE_OPERANDS];
    program->functions = (const Function *)loader->tables[TABLE_FUNCTIONS];
    program->function_count = loader->counts[TABLE_FUNCTIONS];
    program->statements = (const Statement *)loader->tables[TABLE_STATEMENTS];
    program->statement_count = loader->counts[TABLE_STATEMENTS];
    program->symbols = (const Symbol *)loader->tables[TABLE_SYMBOLS];
    program->symbol_count = loader->counts[TABLE_SYMBOLS];
    program->attributes = loader->tables[TABLE_ATTRIBUTES];
    program->attribute_count = loader->counts[TABLE_ATTRIBUTES];
    program->steps = (const Step *)loader->tables[TABLE_STEPS];
    program->step_count = loader->counts[TABLE_STEPS];
    program->rows = (const Row *)loader->tables[TABLE_ROWS];
    program->row_count = loader->counts[TABLE_ROWS];
    program->wild = (const Wild *)loader->tables[TABLE_WILD];
    program->wild_count = loader->counts[TABLE_WILD];
    program->gates = loader->tables[TABLE_GATES];
    program->gate_count = loader->counts[TABLE_GATES];
    program->memo = loader->tables[TABLE_MEMO];
    program->memo_count = loader->counts[TABLE_MEMO];
    program->node_memo = loader->tables[TABLE_NODE_MEMO];
    program->node_memo_count = loader->counts[TABLE_NODE_MEMO];
    program->assertions = (const Assertion *)loader->tables[TABLE_ASSERTIONS];
    program->assertion_count = loader->counts[TABLE_ASSERTIONS];
    program->collected_count = loader->counts[TABLE_COLLECTED];
}

static bool load(Loader *loader, size_t words)
{
    if (!find_tables(loader, words))
        return false;
    set_tables(loader);
    if (loader->program->collected_count > 1u << 16)
        return fail(loader, "too many ways");
    return load_strings(loader) && load_constants(loader) && load_operations(loader) &&
           load_patterns(loader) && load_functions(loader) && load_kept(loader) && load_names(loader) &&
           load_rows(loader) && load_assertions(loader);
}

bool program_load(Program *program, const char *data, size_t size, const char **reason)
{
    Loader loader = {.program = program, .reason = "no memory"};
    *program = (Program){0};
    arena_start(&program->arena, PROGRAM_MAX);
    uint32_t *words = arena_take(&program->arena, size + sizeof(uint32_t));
    if (words == NULL) {
        *reason = loader.reason;
        return false;
    }
    memcpy(words, data, size);
    loader.words = words;
    bool is_loaded = load(&loader, size / sizeof(uint32_t));
    free(loader.depths);
    *reason = loader.reason;
    return is_loaded;
}

void program_end(Program *program) { arena_end(&program->arena); }
