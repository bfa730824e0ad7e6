#include <string.h>

#include "scan_parts.h"

/* The letters of Latin-1, which every edition of XML has as letters: two bytes, of which the first
 * is C3. Of others not all editions say the same. */
static bool is_latin_letter(const char *at, const char *end)
{
    if (end - at < 2 || (unsigned char)at[0] != 0xC3)
        return false;
    unsigned char second = (unsigned char)at[1];
    return second != 0x97 && second != 0xB7; /* the signs for times and divided by */
}

/* A name without a colon. */
static bool take_part(Scan *scan)
{
    const char *at = scan->at, *end = scan->end;
    uint8_t wanted = BYTE_STARTS_NAME;
    for (; at < end; wanted = BYTE_IN_NAME) {
        if (byte_is(*at, wanted))
            at++;
        else if (is_latin_letter(at, end))
            at += 2;
        else
            break;
    }
    bool is_name = at > scan->at;
    scan->at = at;
    return is_name;
}

bool take_name(Scan *scan, ScanName *name)
{
    const char *start = scan->at;
    uint32_t prefix_size = 0;
    if (!take_part(scan))
        return false;
    if (take_byte(scan, ':')) {
        prefix_size = (uint32_t)(scan->at - start);
        if (!take_part(scan))
            return false;
    }
    *name = (ScanName){{start, (uint32_t)(scan->at - start)}, prefix_size};
    return name->written.size <= SCAN_NAME_MAX;
}

bool take_word(Scan *scan, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return false;
    scan->at += size;
    return true;
}
