#include "structure_parts.h"

#include <stdlib.h>
#include <string.h>

static bool bytes_reserve(StructureBytes *bytes, size_t more)
{
    if (bytes->capacity - bytes->count >= more)
        return true;
    size_t capacity = bytes->capacity < 256 ? 256 : bytes->capacity;
    while (capacity - bytes->count < more) {
        if (capacity > SIZE_MAX / 2)
            return false;
        capacity *= 2;
    }
    char *items = realloc(bytes->items, capacity);
    if (items == NULL)
        return false;
    bytes->items = items;
    bytes->capacity = capacity;
    return true;
}

/* Where the text was put. */
static size_t bytes_add(StructureCheck *check, StructureBytes *bytes, const char *text, size_t size)
{
    if (!bytes_reserve(bytes, size)) {
        structure_refuse(check);
        return 0;
    }
    if (size > 0)
        memcpy(bytes->items + bytes->count, text, size);
    bytes->count += size;
    return bytes->count - size;
}

uint32_t structure_place_below(const StructureTables *tables, uint32_t parent, uint32_t symbol)
{
    uint32_t place = parent;
    while (place != NO_NUMBER && tables->places[place].symbol != symbol)
        place = tables->places[place].next;
    return place;
}

const TablePlace *structure_wanted_place(const StructureCheck *check, uint32_t number)
{
    if (number == NO_NUMBER)
        return NULL;
    const TablePlace *place = check->tables->places + number;
    bool is_object = (place->flags & PLACE_OBJECT) != 0;
    if (place->fact == NO_NUMBER || (is_object && !check->wants_objects))
        return NULL;
    bool is_found = (check->found >> place->fact & 1) != 0;
    return is_found && (place->flags & PLACE_EVERY) == 0 ? NULL : place;
}

void structure_begin_fact(StructureCheck *check, const TablePlace *place)
{
    if (check->fact_count == STRUCTURE_FACTS_MAX) {
        structure_refuse(check);
        return;
    }
    check->facts[check->fact_count] =
        (StructureFact){.number = place->fact,
                        .is_object = (place->flags & PLACE_OBJECT) != 0,
                        .attribute_sizes = {SIZE_MAX, SIZE_MAX}};
    check->found |= UINT64_C(1) << place->fact;
    check->has_fact = true;
    check->object = check->objects.count;
}

void structure_keep_attribute(StructureCheck *check, const TablePlace *place, uint32_t symbol,
                              Text value)
{
    StructureFact *fact = check->facts + check->fact_count;
    for (size_t wanted = 0; wanted < PLACE_ATTRIBUTES; wanted++)
        if (place->attributes[wanted] == symbol) {
            fact->attributes[wanted] = bytes_add(check, &check->kept, value.at, value.size);
            fact->attribute_sizes[wanted] = value.size;
        }
}

void structure_end_fact(StructureCheck *check)
{
    StructureFact *fact = check->facts + check->fact_count++;
    check->has_fact = false;
    if (fact->is_object) {
        fact->text = check->object;
        fact->text_size = check->objects.count - check->object;
    } else {
        fact->text = bytes_add(check, &check->kept, check->text, check->text_size);
        fact->text_size = check->text_size;
    }
}

void structure_keep_text(StructureCheck *check, const char *text, size_t size)
{
    if (size > STRUCTURE_TEXT_MAX - check->text_size) {
        structure_refuse(check);
        return;
    }
    memcpy(check->text + check->text_size, text, size);
    check->text_size += size;
}

void structure_read_base64(StructureCheck *check, const char *text, size_t size)
{
    StructureBytes *objects = &check->objects;
    if (!check->has_fact) {
        base64_read(&check->base64, text, size, NULL);
        return;
    }
    if (!bytes_reserve(objects, size / 4 * 3 + 6)) {
        structure_refuse(check);
        return;
    }
    unsigned char *to = (unsigned char *)objects->items + objects->count;
    objects->count += base64_read(&check->base64, text, size, to);
}
