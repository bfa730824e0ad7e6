#include "structure_tables.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC 0x54535844U
#define VERSION 1U
#define TABLES 8
#define HEADER (3 + TABLES + 1)
#define COUNT_MAX (1U << 20)
#define ATTRIBUTES_MAX 64 /* of one type: those that were seen are bits of a number */
#define FACTS_MAX 64
#define VALUES_MAX 8 /* the last ValueKind */

static const uint32_t RECORD_SIZES[TABLES] = {2, 2, 2, 4, 3, 3, 3, 7};

static uint32_t number_at(const unsigned char *data, size_t place)
{
    const unsigned char *at = data + 4 * place;
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* How many numbers the records of all tables have, 0 when the header cannot be right. */
static size_t count_numbers(const unsigned char *data, size_t size)
{
    if (size < 4 * HEADER || number_at(data, 0) != MAGIC || number_at(data, 1) != VERSION)
        return 0;
    size_t numbers = 0;
    for (size_t table = 0; table < TABLES; table++) {
        uint32_t count = number_at(data, 3 + table);
        if (count > COUNT_MAX)
            return 0;
        numbers += (size_t)count * RECORD_SIZES[table];
    }
    bool is_exact = size == 4 * (HEADER + numbers) + number_at(data, 3 + TABLES);
    return is_exact ? numbers : 0;
}

static void set_tables(StructureTables *tables, const unsigned char *data)
{
    const uint32_t *starts[TABLES];
    const uint32_t *next = tables->numbers;
    for (size_t table = 0; table < TABLES; table++) {
        starts[table] = next;
        next += (size_t)number_at(data, 3 + table) * RECORD_SIZES[table];
    }
    tables->symbols = (const TableName *)starts[0];
    tables->namespaces = (const TableName *)starts[1];
    tables->roots = (const TableRoot *)starts[2];
    tables->types = (const TableType *)starts[3];
    tables->states = (const TableState *)starts[4];
    tables->edges = (const TableEdge *)starts[5];
    tables->attributes = (const TableAttribute *)starts[6];
    tables->places = (const TablePlace *)starts[7];
    tables->symbol_count = number_at(data, 3);
    tables->namespace_count = number_at(data, 4);
    tables->root_count = number_at(data, 5);
    tables->type_count = number_at(data, 6);
    tables->state_count = number_at(data, 7);
    tables->edge_count = number_at(data, 8);
    tables->attribute_count = number_at(data, 9);
    tables->place_count = number_at(data, 10);
    tables->text_size = number_at(data, 11);
    tables->first_place = number_at(data, 2);
}

static bool is_within(uint32_t first, uint32_t count, uint32_t all)
{
    return first <= all && count <= all - first;
}

static bool names_are_right(const StructureTables *tables, const TableName *names, uint32_t count)
{
    for (uint32_t name = 0; name < count; name++)
        if (!is_within(names[name].at, names[name].size, tables->text_size))
            return false;
    return true;
}

static bool is_symbol(const StructureTables *tables, uint32_t symbol)
{
    return symbol < tables->symbol_count;
}

static bool roots_are_right(const StructureTables *tables)
{
    for (uint32_t root = 0; root < tables->root_count; root++)
        if (!is_symbol(tables, tables->roots[root].symbol) ||
            tables->roots[root].type >= tables->type_count)
            return false;
    return true;
}

static bool type_is_right(const StructureTables *tables, const TableType *type)
{
    switch (type->kind) {
    case TYPE_TEXT:
        return type->first <= VALUES_MAX && type->attribute_count <= ATTRIBUTES_MAX &&
               is_within(type->attributes, type->attribute_count, tables->attribute_count);
    case TYPE_ELEMENTS:
        return type->first < tables->state_count && type->attribute_count == 0;
    case TYPE_UNDECIDED:
        return type->attribute_count == 0;
    default:
        return false;
    }
}

static bool types_are_right(const StructureTables *tables)
{
    for (uint32_t type = 0; type < tables->type_count; type++)
        if (!type_is_right(tables, tables->types + type))
            return false;
    return true;
}

static bool states_are_right(const StructureTables *tables)
{
    for (uint32_t state = 0; state < tables->state_count; state++)
        if (!is_within(tables->states[state].edges, tables->states[state].count,
                       tables->edge_count))
            return false;
    for (uint32_t place = 0; place < tables->edge_count; place++) {
        const TableEdge *edge = tables->edges + place;
        bool has_symbol = edge->symbol == EDGE_ANY || is_symbol(tables, edge->symbol);
        if (!has_symbol || edge->type >= tables->type_count || edge->state >= tables->state_count)
            return false;
    }
    return true;
}

static bool attributes_are_right(const StructureTables *tables)
{
    for (uint32_t place = 0; place < tables->attribute_count; place++)
        if (!is_symbol(tables, tables->attributes[place].symbol) ||
            tables->attributes[place].value > VALUES_MAX)
            return false;
    return true;
}

/* Places lead to earlier ones only, so that a walk over them ends. */
static bool place_is_right(const StructureTables *tables, uint32_t number)
{
    const TablePlace *place = tables->places + number;
    for (size_t wanted = 0; wanted < PLACE_ATTRIBUTES; wanted++)
        if (place->attributes[wanted] != NO_NUMBER &&
            !is_symbol(tables, place->attributes[wanted]))
            return false;
    return is_symbol(tables, place->symbol) &&
           (place->next == NO_NUMBER || place->next < number) &&
           (place->below == NO_NUMBER || place->below < number) &&
           (place->fact == NO_NUMBER || place->fact < FACTS_MAX);
}

static bool places_are_right(const StructureTables *tables)
{
    for (uint32_t place = 0; place < tables->place_count; place++)
        if (!place_is_right(tables, place))
            return false;
    return tables->first_place == NO_NUMBER || tables->first_place < tables->place_count;
}

static bool is_right(const StructureTables *tables)
{
    return names_are_right(tables, tables->symbols, tables->symbol_count) &&
           names_are_right(tables, tables->namespaces, tables->namespace_count) &&
           roots_are_right(tables) && types_are_right(tables) && states_are_right(tables) &&
           attributes_are_right(tables) && places_are_right(tables);
}

/* The last bytes tell names apart: those of one namespace start alike. */
static uint32_t hash_of(const char *local, size_t size)
{
    uint64_t hash = size * 0x9E3779B97F4A7C15U;
    for (; size >= 8; local += 8, size -= 8) {
        uint64_t part;
        memcpy(&part, local, 8);
        hash = (hash ^ part) * 0xD6E8FEB86659FD93U;
        hash ^= hash >> 32;
    }
    uint64_t part = 0;
    memcpy(&part, local, size);
    hash = (hash ^ part) * 0xD6E8FEB86659FD93U;
    return (uint32_t)(hash ^ hash >> 32);
}

/* The local part of a name, which starts after the space, if there is one. */
static TableName local_part(const StructureTables *tables, uint32_t symbol)
{
    TableName name = tables->symbols[symbol];
    for (uint32_t place = name.size; place > 0; place--)
        if (tables->text[name.at + place - 1] == ' ')
            return (TableName){name.at + place, name.size - place};
    return name;
}

static bool fill_slots(StructureTables *tables)
{
    uint32_t slots = 64;
    while (slots < 2 * tables->symbol_count)
        slots *= 2;
    tables->slots = malloc(slots * sizeof(uint32_t));
    if (tables->slots == NULL)
        return false;
    memset(tables->slots, 0xFF, slots * sizeof(uint32_t));
    tables->slot_mask = slots - 1;
    for (uint32_t symbol = 0; symbol < tables->symbol_count; symbol++) {
        TableName local = local_part(tables, symbol);
        uint32_t slot = hash_of(tables->text + local.at, local.size) & tables->slot_mask;
        while (tables->slots[slot] != NO_NUMBER)
            slot = (slot + 1) & tables->slot_mask;
        tables->slots[slot] = symbol;
    }
    return true;
}

bool structure_tables_load(StructureTables *tables, const unsigned char *data, size_t size)
{
    *tables = (StructureTables){0};
    size_t numbers = count_numbers(data, size);
    if (numbers == 0)
        return false;
    tables->numbers = malloc(numbers * sizeof(uint32_t));
    tables->text = malloc(size - 4 * (HEADER + numbers) + 1);
    if (tables->numbers == NULL || tables->text == NULL) {
        structure_tables_end(tables);
        return false;
    }
    for (size_t place = 0; place < numbers; place++)
        tables->numbers[place] = number_at(data, HEADER + place);
    set_tables(tables, data);
    memcpy(tables->text, data + 4 * (HEADER + numbers), tables->text_size);
    if (is_right(tables) && fill_slots(tables))
        return true;
    structure_tables_end(tables);
    return false;
}

void structure_tables_end(StructureTables *tables)
{
    free(tables->numbers);
    free(tables->text);
    free(tables->slots);
    *tables = (StructureTables){0};
}

static bool is_name(const StructureTables *tables, TableName name, const char *uri,
                    size_t uri_size, const char *local, size_t local_size)
{
    const char *text = tables->text + name.at;
    size_t before = uri_size + (uri_size > 0); /* the space between */
    if (name.size != before + local_size || memcmp(text + before, local, local_size) != 0)
        return false;
    return uri_size == 0 || (text[uri_size] == ' ' && memcmp(text, uri, uri_size) == 0);
}

static uint32_t find_symbol(const StructureTables *tables, const char *uri, size_t uri_size,
                            const char *local, size_t local_size)
{
    uint32_t slot = hash_of(local, local_size) & tables->slot_mask;
    for (; tables->slots[slot] != NO_NUMBER; slot = (slot + 1) & tables->slot_mask) {
        uint32_t symbol = tables->slots[slot];
        if (is_name(tables, tables->symbols[symbol], uri, uri_size, local, local_size))
            return symbol;
    }
    return NO_NUMBER;
}

uint32_t structure_attribute_symbol(const StructureTables *tables, const char *name, size_t size)
{
    return find_symbol(tables, "", 0, name, size);
}

static bool has_declarations(const StructureTables *tables, const char *uri, size_t size)
{
    for (uint32_t place = 0; place < tables->namespace_count; place++) {
        TableName name = tables->namespaces[place];
        if (name.size == size && memcmp(tables->text + name.at, uri, size) == 0)
            return true;
    }
    return false;
}

uint32_t structure_element_symbol(const StructureTables *tables, const char *uri, size_t uri_size,
                                  const char *local, size_t local_size)
{
    uint32_t symbol =
        uri_size == 0 ? NO_NUMBER : find_symbol(tables, uri, uri_size, local, local_size);
    if (symbol != NO_NUMBER)
        return symbol;
    if (has_declarations(tables, uri, uri_size))
        return SYMBOL_UNKNOWN;
    return uri_size == 0 ? SYMBOL_BARE : SYMBOL_FOREIGN;
}
