#include "plain.h"

#include <stdint.h>
#include <string.h>

#define BYTES_MAX ((size_t)1 << 30) /* expat counts in ints */
#define BLOCK 255

typedef struct {
    const char *at;
    const char *end;
} Rest;

static bool take_space(Rest *rest)
{
    const char *start = rest->at;
    while (rest->at < rest->end && strchr(" \t\r\n", *rest->at) != NULL && *rest->at != '\0')
        rest->at++;
    return rest->at > start;
}

static bool take(Rest *rest, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(rest->end - rest->at) < size || memcmp(rest->at, text, size) != 0)
        return false;
    rest->at += size;
    return true;
}

/* The same without regard to case, for letters. */
static bool take_any_case(Rest *rest, const char *lower)
{
    size_t size = strlen(lower);
    if ((size_t)(rest->end - rest->at) < size)
        return false;
    for (size_t place = 0; place < size; place++) {
        char character = rest->at[place];
        if (character >= 'A' && character <= 'Z')
            character = (char)(character - 'A' + 'a');
        if (character != lower[place])
            return false;
    }
    rest->at += size;
    return true;
}

static bool take_sign(Rest *rest)
{
    take_space(rest);
    bool is_sign = take(rest, "=");
    take_space(rest);
    return is_sign;
}

/* name="value", in either kind of quotes. */
static bool take_setting(Rest *rest, const char *name, const char *value)
{
    if (!take(rest, name) || !take_sign(rest))
        return false;
    const char *quote = rest->at < rest->end && *rest->at == '\'' ? "'" : "\"";
    return take(rest, quote) && take_any_case(rest, value) && take(rest, quote);
}

/* All but `standalone`, which is left to the full treatment. */
static bool declaration_is_plain(Rest rest)
{
    if (!take(&rest, "<?xml") || !take_space(&rest))
        return true; /* none, or an instruction */
    if (!take_setting(&rest, "version", "1.0"))
        return false;
    bool has_space = take_space(&rest);
    if (take(&rest, "?>"))
        return true;
    if (!has_space || !take_setting(&rest, "encoding", "utf-8"))
        return false;
    take_space(&rest);
    return take(&rest, "?>");
}

/* In blocks that are counted in bytes, which compilers turn into a few wide instructions. */
static size_t count_nodes(const char *data, size_t size)
{
    size_t count = 0;
    for (size_t start = 0; start < size; start += BLOCK) {
        size_t end = size - start < BLOCK ? size : start + BLOCK;
        uint8_t in_block = 0;
        for (size_t place = start; place < end; place++)
            in_block = (uint8_t)(in_block + (data[place] == '<' || data[place] == '='));
        count += in_block;
    }
    return count;
}

static bool has_doctype(const char *data, size_t size)
{
    const char *at = data, *end = data + size;
    while ((at = memchr(at, '!', (size_t)(end - at))) != NULL) {
        if (at > data && at[-1] == '<' && at + 1 < end && at[1] == 'D')
            return true;
        at++;
    }
    return false;
}

bool document_is_plain(const char *data, size_t size, size_t nodes_max)
{
    Rest rest = {data, data + size};
    take(&rest, "\xEF\xBB\xBF");
    take_space(&rest);
    bool starts_as_xml = rest.end - rest.at >= 2 && rest.at[0] == '<' && rest.at[1] != '\0';
    return size <= BYTES_MAX && starts_as_xml && declaration_is_plain(rest) && !has_doctype(data, size) &&
           count_nodes(data, size) <= nodes_max;
}
