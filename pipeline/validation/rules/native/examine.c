#include "examine.h"

#define ARENA_MAX ((size_t)512 << 20)

void structure_reader_start(StructureReader *reader)
{
    names_begin(&reader->names);
    reader->known = (Vector){0};
    arena_start(&reader->arena, ARENA_MAX);
}

void structure_reader_end(StructureReader *reader)
{
    names_end(&reader->names);
    vector_end(&reader->known);
    arena_end(&reader->arena);
}

static bool open(StructureReader *reader)
{
    uint32_t number;
    bool is_new;
    if (!names_enter(&reader->names, &reader->scan, reader->scan.depth) ||
        !names_find(&reader->names, &reader->known, &reader->scan.name, &number, &is_new))
        return false;
    Name *name = (Name *)reader->known.items + number;
    if (is_new)
        name->structure = structure_element_symbol(
            reader->check.tables, name->uri.at, name->uri.size,
            name->written.at + name->prefix_size, name->written.size - name->prefix_size);
    structure_open(&reader->check, name->structure, &reader->scan);
    return true;
}

static bool take_event(StructureReader *reader, ScanEvent event)
{
    const Scan *scan = &reader->scan;
    if (event == SCAN_OPEN && !open(reader))
        return false;
    if (event == SCAN_TEXT)
        structure_text(&reader->check, scan->text, scan->is_blank);
    if (event == SCAN_CLOSE) {
        names_leave(&reader->names, scan->depth + 1);
        structure_close(&reader->check);
    }
    if (event == SCAN_COMMENT)
        structure_comment(&reader->check);
    if (event == SCAN_INSTRUCTION)
        structure_instruction(&reader->check, scan->name.written);
    return reader->check.is_accepted;
}

bool examine_structure(StructureReader *reader, const char *data, size_t size)
{
    arena_reset(&reader->arena);
    if (!scan_start(&reader->scan, data, size, &reader->arena) ||
        !structure_may_take(&reader->check, &reader->scan) ||
        !names_start(&reader->names, &reader->known, reader->check.tables, false))
        return false;
    ScanEvent event;
    while ((event = scan_next(&reader->scan)) > SCAN_END)
        if (!take_event(reader, event))
            return false;
    return event == SCAN_END && structure_is_accepted(&reader->check);
}
