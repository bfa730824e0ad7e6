#include <string.h>

#include "scan_parts.h"

/* Writes a value that is not written as it is meant, and moves behind its end. */
static bool normalise(Scan *scan, const char *start, const char *end, Text *value)
{
    char *written = arena_take(scan->arena, (size_t)(end - start));
    if (written == NULL)
        return false;
    char *to = written;
    scan->at = start;
    while (scan->at < end) {
        char byte = *scan->at++;
        uint32_t size = 1;
        if (byte == '<')
            return false;
        if (byte == '&')
            size = take_reference(scan, to);
        else
            *to = byte_is(byte, BYTE_SPACE) ? ' ' : byte;
        if (byte == '\r' && scan->at < end && *scan->at == '\n')
            scan->at++;
        if (size == 0)
            return false;
        to += size;
    }
    *value = (Text){written, (uint32_t)(to - written)};
    return take_byte(scan, *end);
}

static bool take_value(Scan *scan, Text *value)
{
    char quote = scan->at < scan->end ? *scan->at : '\0';
    if (quote != '"' && quote != '\'')
        return false;
    const char *start = ++scan->at, *at = start;
    while (at < scan->end && !byte_is(*at, BYTE_ENDS_VALUE))
        at++;
    if (at < scan->end && *at == quote) {
        *value = (Text){start, (uint32_t)(at - start)};
        scan->at = at + 1;
        return true;
    }
    const char *end = memchr(at, quote, (size_t)(scan->end - at));
    return end != NULL && normalise(scan, start, end, value);
}

/* Whether an attribute declares a namespace. */
static bool declares(const ScanName *name)
{
    Text written = name->written;
    bool is_whole = name->prefix_size == 6 || (name->prefix_size == 0 && written.size == 5);
    return is_whole && memcmp(written.at, "xmlns", 5) == 0;
}

static bool is_among(const ScanAttribute *attributes, uint32_t count, Text name)
{
    for (uint32_t place = 0; place < count; place++)
        if (text_equal(attributes[place].name.written, name))
            return true;
    return false;
}

static bool add(ScanAttribute *attributes, uint32_t *count, const ScanAttribute *attribute)
{
    if (*count == SCAN_ATTRIBUTES_MAX || is_among(attributes, *count, attribute->name.written))
        return false;
    attributes[(*count)++] = *attribute;
    return true;
}

static bool take_attribute(Scan *scan)
{
    ScanAttribute attribute;
    if (!take_name(scan, &attribute.name))
        return false;
    take_space(scan);
    if (!take_byte(scan, '='))
        return false;
    take_space(scan);
    if (!take_value(scan, &attribute.value))
        return false;
    return declares(&attribute.name)
               ? add(scan->declarations, &scan->declaration_count, &attribute)
               : add(scan->attributes, &scan->attribute_count, &attribute);
}

bool take_attributes(Scan *scan)
{
    scan->attribute_count = scan->declaration_count = 0;
    for (;;) {
        bool has_space = take_space(scan);
        if (take_byte(scan, '>'))
            return true;
        if (take_byte(scan, '/')) {
            scan->is_empty = true;
            return take_byte(scan, '>');
        }
        if (!has_space || !take_attribute(scan))
            return false;
    }
}
