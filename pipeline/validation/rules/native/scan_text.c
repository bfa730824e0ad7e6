#include <string.h>

#include "scan_parts.h"

#define POINT_MAX 0x10FFFFu

/* -- references */

static bool is_character(uint32_t point)
{
    if (point < 0x20)
        return point == '\t' || point == '\n' || point == '\r';
    return point <= 0xD7FF || (point >= 0xE000 && point <= 0xFFFD) ||
           (point >= 0x10000 && point <= POINT_MAX);
}

/* 16 and more for what is no digit. */
static uint32_t digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (uint32_t)(digit - '0');
    if (digit >= 'a' && digit <= 'f')
        return (uint32_t)(digit - 'a') + 10;
    return digit >= 'A' && digit <= 'F' ? (uint32_t)(digit - 'A') + 10 : 16;
}

static uint32_t take_number(Scan *scan, char *to)
{
    uint32_t base = take_byte(scan, 'x') ? 16 : 10, point = 0;
    const char *start = scan->at;
    for (; scan->at < scan->end && digit_value(*scan->at) < base; scan->at++) {
        point = point * base + digit_value(*scan->at);
        if (point > POINT_MAX)
            return 0;
    }
    if (scan->at == start || !take_byte(scan, ';') || !is_character(point))
        return 0;
    return text_write_point(to, point);
}

uint32_t take_reference(Scan *scan, char *to)
{
    static const struct {
        const char *name;
        char meant;
    } NAMED[] = {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
    if (take_byte(scan, '#'))
        return take_number(scan, to);
    for (size_t place = 0; place < sizeof NAMED / sizeof *NAMED; place++)
        if (take_word(scan, NAMED[place].name)) {
            *to = NAMED[place].meant;
            return 1;
        }
    return 0;
}

/* -- pieces of a text */

static const char *find(const char *at, const char *end, char byte)
{
    const char *found = memchr(at, byte, (size_t)(end - at));
    return found != NULL ? found : end;
}

static ScanEvent tell(Scan *scan, const char *at, const char *end)
{
    scan->text = (Text){at, (uint32_t)(end - at)};
    return SCAN_TEXT;
}

static ScanEvent next_reference(Scan *scan)
{
    scan->at++;
    uint32_t size = take_reference(scan, scan->character);
    if (size == 0)
        return SCAN_REFUSED;
    scan->reference = find(scan->at, scan->run_end, '&');
    return tell(scan, scan->character, scan->character + size);
}

/* Behind a carriage return the newline that it makes is in the document, or is none. */
static ScanEvent skip_carriage(Scan *scan)
{
    scan->at++;
    scan->carriage = find(scan->at, scan->run_end, '\r');
    if (scan->at < scan->run_end && *scan->at == '\n')
        return next_piece(scan);
    scan->character[0] = '\n';
    return tell(scan, scan->character, scan->character + 1);
}

ScanEvent next_piece(Scan *scan)
{
    scan->is_blank = false;
    if (scan->at == scan->reference && scan->at < scan->run_end)
        return next_reference(scan);
    if (scan->at == scan->carriage && scan->at < scan->run_end)
        return skip_carriage(scan);
    const char *start = scan->at;
    scan->at = scan->reference < scan->carriage ? scan->reference : scan->carriage;
    return tell(scan, start, scan->at);
}

/* White space up to a tag, which is how most tags are parted. */
static bool take_blank(Scan *scan)
{
    const char *at = scan->at, *end = scan->end;
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t'))
        at++;
    if (at == end || *at != '<')
        return false;
    scan->run_end = at;
    return true;
}

/* What ends a CDATA section, which may not stand in a text; NULL when it is nowhere. */
static const char *section_end(const char *at, const char *end)
{
    while ((at = memchr(at, ']', (size_t)(end - at))) != NULL) {
        if (end - at >= 3 && at[1] == ']' && at[2] == '>')
            return at;
        at++;
    }
    return NULL;
}

ScanEvent start_text(Scan *scan)
{
    const char *start = scan->at;
    if (take_blank(scan)) {
        scan->at = scan->run_end;
        scan->is_blank = true;
        return tell(scan, start, scan->run_end);
    }
    const char *end = find(start, scan->end, '<');
    if (end == scan->end || (scan->has_brackets && section_end(start, end) != NULL))
        return SCAN_REFUSED;
    scan->run_end = end;
    scan->reference = scan->has_references ? find(start, end, '&') : end;
    scan->carriage = scan->has_carriages ? find(start, end, '\r') : end;
    return next_piece(scan);
}

ScanEvent start_section(Scan *scan)
{
    const char *end = section_end(scan->at, scan->end);
    if (end == NULL || scan->depth == 0)
        return SCAN_REFUSED;
    scan->is_section = true;
    scan->run_end = scan->reference = end;
    scan->carriage = find(scan->at, end, '\r');
    return next_piece(scan);
}
