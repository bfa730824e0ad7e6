#include "scan.h"

#include <string.h>

#include "scan_parts.h"

#define BYTES_MAX ((size_t)1 << 30)

/* -- the declaration */

static bool is_any_case(const char *text, const char *lower, size_t size)
{
    for (size_t place = 0; place < size; place++) {
        char character = text[place];
        if (character >= 'A' && character <= 'Z')
            character = (char)(character - 'A' + 'a');
        if (character != lower[place])
            return false;
    }
    return true;
}

static bool take_any_case(Scan *scan, const char *lower)
{
    size_t size = strlen(lower);
    if ((size_t)(scan->end - scan->at) < size || !is_any_case(scan->at, lower, size))
        return false;
    scan->at += size;
    return true;
}

typedef bool (*Take)(Scan *scan, const char *word);

/* name="value", in either kind of quotes. */
static bool take_setting(Scan *scan, const char *name, Take take_its_value, const char *value)
{
    if (!take_word(scan, name))
        return false;
    take_space(scan);
    if (!take_byte(scan, '='))
        return false;
    take_space(scan);
    char quote = scan->at < scan->end && *scan->at == '\'' ? '\'' : '"';
    return take_byte(scan, quote) && take_its_value(scan, value) && take_byte(scan, quote);
}

/* A setting that may be missing, with the white space before it. */
static void take_optional(Scan *scan, const char *name, Take take_its_value, const char *value)
{
    const char *start = scan->at;
    if (!take_space(scan) || !take_setting(scan, name, take_its_value, value))
        scan->at = start;
}

/* Not one that calls itself something else. */
static bool take_declaration(Scan *scan)
{
    if (!take_word(scan, "<?xml"))
        return true;
    if (!take_space(scan)) {
        scan->at -= strlen("<?xml"); /* an instruction */
        return true;
    }
    if (!take_setting(scan, "version", take_word, "1.0"))
        return false;
    take_optional(scan, "encoding", take_any_case, "utf-8");
    const char *start = scan->at;
    take_optional(scan, "standalone", take_word, "yes");
    if (scan->at == start)
        take_optional(scan, "standalone", take_word, "no");
    take_space(scan);
    return take_word(scan, "?>");
}

bool scan_start(Scan *scan, const char *data, size_t size, Arena *arena)
{
    memset(scan, 0, offsetof(Scan, attributes));
    scan->at = scan->run_end = data;
    scan->end = data + size;
    scan->arena = arena;
    scan->bytes = size;
    if (size > BYTES_MAX || !look_over(scan, data, size))
        return false;
    take_word(scan, "\xEF\xBB\xBF");
    return take_declaration(scan);
}

/* -- tags */

static ScanEvent open_element(Scan *scan)
{
    scan->tag = scan->at - 1;
    bool is_second_root = scan->depth == 0 && scan->has_root;
    if (scan->depth == SCAN_DEPTH_MAX || is_second_root || !take_name(scan, &scan->name) ||
        !take_attributes(scan))
        return SCAN_REFUSED;
    scan->has_root = true;
    scan->open[scan->depth++] = scan->name.written;
    return SCAN_OPEN;
}

static ScanEvent close_element(Scan *scan)
{
    if (scan->depth == 0)
        return SCAN_REFUSED;
    Text name = scan->open[--scan->depth];
    if ((size_t)(scan->end - scan->at) < name.size || memcmp(scan->at, name.at, name.size) != 0)
        return SCAN_REFUSED;
    scan->at += name.size;
    take_space(scan);
    return take_byte(scan, '>') ? SCAN_CLOSE : SCAN_REFUSED;
}

static ScanEvent close_empty(Scan *scan)
{
    scan->is_empty = false;
    scan->depth--;
    return SCAN_CLOSE;
}

/* -- other markup */

static ScanEvent take_comment(Scan *scan)
{
    const char *at = scan->at;
    while ((at = memchr(at, '-', (size_t)(scan->end - at))) != NULL) {
        if (scan->end - at >= 3 && at[1] == '-') {
            scan->at = at + 3;
            return at[2] == '>' ? SCAN_COMMENT : SCAN_REFUSED;
        }
        at++;
    }
    return SCAN_REFUSED;
}

static bool skip_instruction(Scan *scan)
{
    const char *at = scan->at;
    while ((at = memchr(at, '?', (size_t)(scan->end - at))) != NULL) {
        scan->at = ++at;
        if (take_byte(scan, '>'))
            return true;
    }
    return false;
}

static ScanEvent take_instruction(Scan *scan)
{
    if (!take_name(scan, &scan->name) || scan->name.prefix_size > 0)
        return SCAN_REFUSED;
    Text target = scan->name.written;
    if (target.size == 3 && is_any_case(target.at, "xml", 3))
        return SCAN_REFUSED;
    bool has_end = take_word(scan, "?>") || (take_space(scan) && skip_instruction(scan));
    return has_end ? SCAN_INSTRUCTION : SCAN_REFUSED;
}

/* The document behind a "<". */
static ScanEvent take_markup(Scan *scan)
{
    if (take_byte(scan, '/'))
        return close_element(scan);
    if (take_byte(scan, '?'))
        return take_instruction(scan);
    if (!take_byte(scan, '!'))
        return open_element(scan);
    if (take_word(scan, "--"))
        return take_comment(scan);
    return take_word(scan, "[CDATA[") ? start_section(scan) : SCAN_REFUSED;
}

/* -- all of it */

static ScanEvent next_outside(Scan *scan)
{
    take_space(scan);
    if (scan->at == scan->end)
        return scan->has_root ? SCAN_END : SCAN_REFUSED;
    return take_byte(scan, '<') ? take_markup(scan) : SCAN_REFUSED;
}

ScanEvent scan_next(Scan *scan)
{
    if (scan->is_empty)
        return close_empty(scan);
    if (scan->at < scan->run_end)
        return next_piece(scan);
    if (scan->is_section) {
        scan->is_section = false;
        scan->at += strlen("]]>");
    }
    if (scan->depth == 0)
        return next_outside(scan);
    if (take_byte(scan, '<'))
        return take_markup(scan);
    return scan->at < scan->end ? start_text(scan) : SCAN_REFUSED;
}
