#ifndef RULES_SCAN_PARTS_H
#define RULES_SCAN_PARTS_H

/* What the parts of the scanner share. */

#include "scan.h"

enum {
    BYTE_SPACE = 1,
    BYTE_STARTS_NAME = 2,
    BYTE_IN_NAME = 4,
    BYTE_ENDS_VALUE = 8, /* of an attribute, as far as it is written as it is meant */
};

extern const uint8_t SCAN_BYTES[256];

static inline bool byte_is(char byte, uint8_t kind)
{
    return (SCAN_BYTES[(unsigned char)byte] & kind) != 0;
}

static inline bool take_space(Scan *scan)
{
    const char *start = scan->at;
    while (scan->at < scan->end && byte_is(*scan->at, BYTE_SPACE))
        scan->at++;
    return scan->at > start;
}

static inline bool take_byte(Scan *scan, char byte)
{
    bool is_there = scan->at < scan->end && *scan->at == byte;
    scan->at += is_there;
    return is_there;
}

bool take_word(Scan *scan, const char *word);

/* A name with or without a prefix (scan_name.c). */
bool take_name(Scan *scan, ScanName *name);

/* All that stands in a start tag behind the name, up to its end (scan_attributes.c). */
bool take_attributes(Scan *scan);

/* What stands behind "&" up to ";", as UTF-8 of at most 4 bytes; 0 when it is refused. Never more
 * bytes than it is written in (scan_text.c). */
uint32_t take_reference(Scan *scan, char *to);

/* The next piece of a text that is not at its end, and the start of one (scan_text.c). */
ScanEvent next_piece(Scan *scan);
ScanEvent start_text(Scan *scan);
ScanEvent start_section(Scan *scan);

/* Whether all bytes are characters of XML; counts what `scan_start` tells (scan_bytes.c). */
bool look_over(Scan *scan, const char *data, size_t size);

#endif
