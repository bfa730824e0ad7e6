#include "structure_parts.h"

#include <stdlib.h>
#include <string.h>

#include "structure_values.h"

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
    frame->place = structure_place_below(tables, first, symbol);
    return true;
}

static void enter_content(StructureCheck *check, const Scan *element)
{
    StructureFrame *frame = frame_of(check);
    const TableType *type = type_of(check, frame);
    if (type->kind == TYPE_UNDECIDED) {
        structure_refuse(check);
        return;
    }
    bool is_text = type->kind == TYPE_TEXT;
    const TablePlace *fact = is_text ? structure_wanted_place(check, frame->place) : NULL;
    if (fact != NULL)
        structure_begin_fact(check, fact);
    frame->state = is_text ? 0 : type->first;
    check->text_size = 0;
    check->base64 = (Base64){0};
    structure_check_attributes(check, type, fact, element);
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
        structure_refuse(check);
        return;
    }
    check->depth++;
    *frame_of(check) = frame;
    structure_check_declarations(check, element);
    if (frame.is_open)
        structure_check_open_attributes(check, element);
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
        structure_refuse(check);
    if (check->has_fact)
        structure_end_fact(check);
}

/* -- text */

static void check_space(StructureCheck *check, Text text)
{
    for (size_t place = 0; place < text.size; place++)
        if (!is_xml_space(text.at[place])) {
            structure_refuse(check);
            return;
        }
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
        structure_read_base64(check, text.at, text.size);
    else if (type->first != VALUE_TEXT || check->has_fact)
        structure_keep_text(check, text.at, text.size);
}

/* A comment or an instruction inside a text would be a second text to those who read the tree. */
static void check_interruption(StructureCheck *check)
{
    if (check->depth == 0 || frame_of(check)->is_open)
        return;
    if (type_of(check, frame_of(check))->kind != TYPE_ELEMENTS)
        structure_refuse(check);
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
        structure_refuse(check);
    check_interruption(check);
}
