#include "structure.h"

#include <stdlib.h>
#include <string.h>

#include "structure_values.h"

#define XSI "http://www.w3.org/2001/XMLSchema-instance"
#define NAME_MAX 1000 /* bytes; libxml2 refuses names of over 50,000 */

static void refuse(StructureCheck *check) { check->is_accepted = false; }

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
        refuse(check);
        return 0;
    }
    if (size > 0)
        memcpy(bytes->items + bytes->count, text, size);
    bytes->count += size;
    return bytes->count - size;
}

void structure_start(StructureCheck *check, const StructureTables *tables, StructureLimits limits,
                     bool wants_objects)
{
    memset(check, 0, offsetof(StructureCheck, frames));
    check->tables = tables;
    check->limits = limits;
    check->is_accepted = limits.depth <= STRUCTURE_DEPTH_MAX;
    check->wants_objects = wants_objects;
    check->text_size = 0;
    check->base64 = (Base64){0};
    check->object = 0;
    check->found = 0;
    check->fact_count = 0;
    check->has_fact = false;
    check->kept = check->objects = (StructureBytes){0};
}

void structure_end(StructureCheck *check)
{
    free(check->kept.items);
    free(check->objects.items);
    check->kept = check->objects = (StructureBytes){0};
}

bool structure_may_take(const StructureCheck *check, const Scan *document)
{
    return check->limits.bytes >= document->bytes &&
           document->tags + document->signs <= check->limits.nodes;
}

bool structure_is_accepted(const StructureCheck *check)
{
    return check->is_accepted && check->depth == 0;
}

static StructureFrame *frame_of(StructureCheck *check) { return check->frames + check->depth; }

static const TableType *type_of(const StructureCheck *check, const StructureFrame *frame)
{
    return check->tables->types + frame->type;
}

/* -- facts */

static uint32_t place_below(const StructureTables *tables, uint32_t parent, uint32_t symbol)
{
    uint32_t place = parent;
    while (place != NO_NUMBER && tables->places[place].symbol != symbol)
        place = tables->places[place].next;
    return place;
}

static const TablePlace *wanted_place(const StructureCheck *check, uint32_t number)
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

static void begin_fact(StructureCheck *check, const TablePlace *place)
{
    if (check->fact_count == STRUCTURE_FACTS_MAX) {
        refuse(check);
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

static void keep_attribute(StructureCheck *check, const TablePlace *place, uint32_t symbol,
                           Text value)
{
    StructureFact *fact = check->facts + check->fact_count;
    for (size_t wanted = 0; wanted < PLACE_ATTRIBUTES; wanted++)
        if (place->attributes[wanted] == symbol) {
            fact->attributes[wanted] = bytes_add(check, &check->kept, value.at, value.size);
            fact->attribute_sizes[wanted] = value.size;
        }
}

static void end_fact(StructureCheck *check)
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

/* -- attributes */

static bool is_plain_uri(Text uri)
{
    static const Text RESERVED[] = {TEXT_OF("http://www.w3.org/XML/1998"),
                                    TEXT_OF("http://www.w3.org/2000/xmlns")};
    return uri.size > 0 && uri.size <= NAME_MAX && value_is(VALUE_ANY_URI, uri.at, uri.size) &&
           !is_xml_space(uri.at[0]) && !is_xml_space(uri.at[uri.size - 1]) &&
           !text_starts_with(uri, RESERVED[0]) && !text_starts_with(uri, RESERVED[1]);
}

static void check_declaration(StructureCheck *check, const ScanAttribute *declaration)
{
    Text uri = declaration->value, prefix = declaration->name.written;
    if (declaration->name.prefix_size == 0) {
        if (uri.size > 0 && !is_plain_uri(uri)) /* empty: no namespace from here on */
            refuse(check);
        return;
    }
    prefix.at += declaration->name.prefix_size;
    prefix.size -= declaration->name.prefix_size;
    bool is_xsi = text_equal(prefix, TEXT_OF("xsi"));
    check->has_xsi = check->has_xsi || is_xsi;
    if (!is_plain_uri(uri) || text_starts_with(prefix, TEXT_OF("xml")) ||
        (is_xsi && !text_equal(uri, TEXT_OF(XSI))))
        refuse(check);
}

/* Where a schema is to be found, in the opinion of the document: many say it, and nobody is to
 * look there. */
static bool is_schema_location(Text name)
{
    return text_equal(name, TEXT_OF("xsi:schemaLocation")) ||
           text_equal(name, TEXT_OF("xsi:noNamespaceSchemaLocation"));
}

static const TableAttribute *attributes_of(const StructureCheck *check, const TableType *type)
{
    return check->tables->attributes + type->attributes;
}

/* The place of an attribute in its type, `attribute_count` when it has none. */
static uint32_t find_attribute(const StructureCheck *check, const TableType *type, uint32_t symbol)
{
    const TableAttribute *first = attributes_of(check, type);
    uint32_t place = 0;
    while (place < type->attribute_count && first[place].symbol != symbol)
        place++;
    return place;
}

static bool has_required(const StructureCheck *check, const TableType *type, uint64_t seen)
{
    const TableAttribute *first = attributes_of(check, type);
    for (uint32_t place = 0; place < type->attribute_count; place++)
        if (first[place].is_required && (seen >> place & 1) == 0)
            return false;
    return true;
}

static void check_attribute(StructureCheck *check, const TableType *type, const TablePlace *fact,
                            const ScanAttribute *attribute, uint64_t *seen)
{
    Text name = attribute->name.written, value = attribute->value;
    uint32_t symbol = structure_attribute_symbol(check->tables, name.at, name.size);
    uint32_t place = find_attribute(check, type, symbol);
    if (place == type->attribute_count ||
        !value_is((ValueKind)attributes_of(check, type)[place].value, value.at, value.size)) {
        refuse(check);
        return;
    }
    *seen |= UINT64_C(1) << place;
    if (fact != NULL)
        keep_attribute(check, fact, symbol, value);
}

/* Of elements that nothing is said about: any attributes without a namespace. */
static void check_open_attributes(StructureCheck *check, const Scan *element)
{
    for (uint32_t place = 0; place < element->attribute_count; place++)
        if (element->attributes[place].name.prefix_size > 0)
            refuse(check);
}

static void check_attributes(StructureCheck *check, const TableType *type, const TablePlace *fact,
                             const Scan *element)
{
    uint64_t seen = 0;
    bool has_location = false;
    for (uint32_t place = 0; place < element->attribute_count && check->is_accepted; place++) {
        const ScanAttribute *attribute = element->attributes + place;
        if (attribute->name.prefix_size > 0 && is_schema_location(attribute->name.written))
            has_location = true;
        else
            check_attribute(check, type, fact, attribute, &seen);
    }
    if ((has_location && !check->has_xsi) || !has_required(check, type, seen))
        refuse(check);
}

static void check_declarations(StructureCheck *check, const Scan *element)
{
    uint32_t count = element->attribute_count + element->declaration_count;
    if (count > check->limits.attributes)
        refuse(check);
    for (uint32_t place = 0; place < element->declaration_count; place++)
        check_declaration(check, element->declarations + place);
}

/* -- elements */

static const TableEdge *find_edge(const StructureTables *tables, uint32_t state, uint32_t symbol)
{
    const TableEdge *edge = tables->edges + tables->states[state].edges;
    const TableEdge *end = edge + tables->states[state].count;
    uint32_t wanted = symbol == SYMBOL_FOREIGN ? EDGE_ANY : symbol;
    while (edge < end && edge->symbol != wanted)
        edge++;
    return edge < end ? edge : NULL;
}

static bool enter_root(StructureCheck *check, uint32_t symbol, StructureFrame *frame)
{
    const StructureTables *tables = check->tables;
    for (uint32_t root = 0; root < tables->root_count; root++)
        if (tables->roots[root].symbol == symbol) {
            check->root = root;
            *frame = (StructureFrame){tables->roots[root].type, 0, tables->first_place, false};
            return true;
        }
    return false;
}

/* The frame of a child; moves its parent on. */
static bool enter_child(StructureCheck *check, uint32_t symbol, StructureFrame *frame)
{
    const StructureTables *tables = check->tables;
    StructureFrame *parent = frame_of(check);
    if (parent->is_open) {
        *frame = (StructureFrame){0, 0, NO_NUMBER, true};
        return symbol == SYMBOL_FOREIGN || symbol == SYMBOL_BARE;
    }
    if (type_of(check, parent)->kind != TYPE_ELEMENTS)
        return false;
    const TableEdge *edge = find_edge(tables, parent->state, symbol);
    if (edge == NULL)
        return false;
    parent->state = edge->state;
    *frame = (StructureFrame){edge->type, 0, NO_NUMBER, edge->symbol == EDGE_ANY};
    if (parent->place == NO_NUMBER || frame->is_open)
        return true;
    /* The root's own place is the first one of those below it. */
    uint32_t first = check->depth == 1 ? parent->place : tables->places[parent->place].below;
    frame->place = place_below(tables, first, symbol);
    return true;
}

static void enter_content(StructureCheck *check, const Scan *element)
{
    StructureFrame *frame = frame_of(check);
    const TableType *type = type_of(check, frame);
    if (type->kind == TYPE_UNDECIDED) {
        refuse(check);
        return;
    }
    bool is_text = type->kind == TYPE_TEXT;
    const TablePlace *fact = is_text ? wanted_place(check, frame->place) : NULL;
    if (fact != NULL)
        begin_fact(check, fact);
    frame->state = is_text ? 0 : type->first;
    check->text_size = 0;
    check->base64 = (Base64){0};
    check_attributes(check, type, fact, element);
}

void structure_open(StructureCheck *check, uint32_t symbol, const Scan *element)
{
    if (!check->is_accepted)
        return;
    StructureFrame frame;
    bool is_known = check->depth < check->limits.depth &&
                    (check->depth == 0 ? enter_root(check, symbol, &frame)
                                       : enter_child(check, symbol, &frame));
    if (!is_known) {
        refuse(check);
        return;
    }
    check->depth++;
    *frame_of(check) = frame;
    check_declarations(check, element);
    if (frame.is_open)
        check_open_attributes(check, element);
    else
        enter_content(check, element);
}

void structure_close(StructureCheck *check)
{
    if (!check->is_accepted)
        return;
    StructureFrame *frame = frame_of(check);
    check->depth--;
    if (frame->is_open)
        return;
    const TableType *type = type_of(check, frame);
    bool is_right;
    if (type->kind == TYPE_ELEMENTS)
        is_right = check->tables->states[frame->state].is_final;
    else if (type->first == VALUE_BASE_64)
        is_right = base64_is_whole(&check->base64);
    else
        is_right = value_is((ValueKind)type->first, check->text, check->text_size);
    if (!is_right)
        refuse(check);
    if (check->has_fact)
        end_fact(check);
}

/* -- text */

static void check_space(StructureCheck *check, Text text)
{
    for (size_t place = 0; place < text.size; place++)
        if (!is_xml_space(text.at[place])) {
            refuse(check);
            return;
        }
}

static void keep_text(StructureCheck *check, const char *text, size_t size)
{
    if (size > STRUCTURE_TEXT_MAX - check->text_size) {
        refuse(check);
        return;
    }
    memcpy(check->text + check->text_size, text, size);
    check->text_size += size;
}

static void read_base64(StructureCheck *check, const char *text, size_t size)
{
    StructureBytes *objects = &check->objects;
    if (!check->has_fact) {
        base64_read(&check->base64, text, size, NULL);
        return;
    }
    if (!bytes_reserve(objects, size / 4 * 3 + 6)) {
        refuse(check);
        return;
    }
    unsigned char *to = (unsigned char *)objects->items + objects->count;
    objects->count += base64_read(&check->base64, text, size, to);
}

void structure_text(StructureCheck *check, Text text, bool is_blank)
{
    if (!check->is_accepted || frame_of(check)->is_open)
        return;
    const TableType *type = type_of(check, frame_of(check));
    if (type->kind == TYPE_ELEMENTS) {
        if (!is_blank)
            check_space(check, text);
    } else if (type->first == VALUE_BASE_64)
        read_base64(check, text.at, text.size);
    else if (type->first != VALUE_TEXT || check->has_fact)
        keep_text(check, text.at, text.size);
}

/* A comment or an instruction inside a text would be a second text to those who read the tree. */
static void check_interruption(StructureCheck *check)
{
    if (check->depth == 0 || frame_of(check)->is_open)
        return;
    if (type_of(check, frame_of(check))->kind != TYPE_ELEMENTS)
        refuse(check);
}

void structure_comment(StructureCheck *check)
{
    if (check->is_accepted)
        check_interruption(check);
}

void structure_instruction(StructureCheck *check, Text target)
{
    if (!check->is_accepted)
        return;
    if (!text_equal(target, TEXT_OF("xml-stylesheet")))
        refuse(check);
    check_interruption(check);
}
