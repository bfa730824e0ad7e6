/* Writes down what the scanner and the names tell of a document, for `scanned.py`: pieces of a
 * kind, a size and so many bytes. */

#include <string.h>

#include "names.h"

typedef struct {
    char *at;
    size_t room;
} Rest;

static void tell(Rest *rest, char kind, Text text)
{
    size_t needed = 1 + sizeof text.size + text.size;
    if (needed > rest->room)
        return;
    *rest->at = kind;
    memcpy(rest->at + 1, &text.size, sizeof text.size);
    if (text.size > 0)
        memcpy(rest->at + 1 + sizeof text.size, text.at, text.size);
    rest->at += needed;
    rest->room -= needed;
}

static bool tell_element(Rest *rest, const Scan *scan, const char *data, Names *names, Vector *all)
{
    uint32_t number, line = scan_lines(data, scan->tag);
    bool is_new;
    if (!names_enter(names, scan, scan->depth) ||
        !names_find(names, all, &scan->name, &number, &is_new))
        return false;
    tell(rest, '<', scan->name.written);
    tell(rest, 'U', ((Name *)all->items)[number].uri);
    tell(rest, 'L', (Text){(const char *)&line, sizeof line});
    for (uint32_t place = 0; place < scan->attribute_count; place++) {
        tell(rest, '@', scan->attributes[place].name.written);
        tell(rest, '=', scan->attributes[place].value);
    }
    for (uint32_t place = 0; place < scan->declaration_count; place++) {
        tell(rest, '@', scan->declarations[place].name.written);
        tell(rest, '=', scan->declarations[place].value);
    }
    return true;
}

static bool tell_all(Rest *rest, Scan *scan, const char *data, Names *names, Vector *all)
{
    ScanEvent event;
    while ((event = scan_next(scan)) > SCAN_END) {
        if (event == SCAN_OPEN && !tell_element(rest, scan, data, names, all))
            return false;
        if (event == SCAN_CLOSE) {
            names_leave(names, scan->depth + 1);
            tell(rest, '>', (Text){NULL, 0});
        }
        if (event == SCAN_TEXT)
            tell(rest, 'T', scan->text);
        if (event == SCAN_COMMENT)
            tell(rest, '!', (Text){NULL, 0});
        if (event == SCAN_INSTRUCTION)
            tell(rest, '?', scan->name.written);
    }
    return event == SCAN_END;
}

/* The number of bytes written, SIZE_MAX when the document is refused. */
size_t scanned(const char *data, size_t size, char *to, size_t room)
{
    static Scan scan;
    static Names names;
    Rest rest = {to, room};
    Arena arena;
    Vector all = {0};
    arena_start(&arena, (size_t)1 << 24);
    names_begin(&names);
    bool is_read = scan_start(&scan, data, size, &arena) &&
                   names_start(&names, &all, NULL, false) &&
                   tell_all(&rest, &scan, data, &names, &all);
    names_end(&names);
    vector_end(&all);
    arena_end(&arena);
    return is_read ? room - rest.room : SIZE_MAX;
}
