#include "program.h"

#include <stdlib.h>
#include <string.h>

#include "loader.h"
#include "tree.h"

#define MAGIC 0x4c525044u /* DPRL, read as a little-endian word */
#define VERSION 1u
#define PROGRAM_MAX ((size_t)64 << 20)

/* Words of one record. */
static const uint32_t WIDTHS[TABLE_COUNT] = {
    [TABLE_BYTES] = 1,      [TABLE_STRINGS] = 2,   [TABLE_CONSTANTS] = 3,
    [TABLE_OPERATIONS] = 4, [TABLE_OPERANDS] = 1,  [TABLE_FUNCTIONS] = 4,
    [TABLE_STATEMENTS] = 4, [TABLE_SYMBOLS] = 2,   [TABLE_ATTRIBUTES] = 1,
    [TABLE_STEPS] = 3,      [TABLE_ROWS] = 11,     [TABLE_WILD] = 2,
    [TABLE_GATES] = 1,      [TABLE_MEMO] = 1,      [TABLE_NODE_MEMO] = 1,
    [TABLE_ASSERTIONS] = 3, [TABLE_COLLECTED] = 0,
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

static uint32_t size_of_character(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first >= 0xf5)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static bool has_valid_utf8(Text text)
{
    for (uint32_t place = 0; place < text.size;) {
        unsigned char first = (unsigned char)text.at[place];
        uint32_t size = size_of_character(first);
        if (size == 0 || size > text.size - place)
            return false;
        for (uint32_t next = 1; next < size; next++)
            if (((unsigned char)text.at[place + next] & 0xc0) != 0x80)
                return false;
        place += size;
    }
    return true;
}

bool load_strings(Loader *loader)
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

bool load_constants(Loader *loader)
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

/* -- names */

static uint32_t hash_of_name(const Program *program, uint32_t symbol)
{
    return hash_of(program->strings[program->symbols[symbol].local]);
}

bool load_names(Loader *loader)
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
           load_patterns(loader) && load_functions(loader) && load_kept(loader) &&
           load_names(loader) && load_rows(loader) && load_assertions(loader);
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
