#ifndef RULES_SCAN_H
#define RULES_SCAN_H

/* Reads XML of the plain kind, event by event, with no memory but what the caller gives.
 *
 * The plain kind is what invoices are written in: UTF-8 that calls itself nothing else, XML 1.0, no
 * DOCTYPE, names of ASCII and the letters of Latin-1. A document that is read to its end is
 * well-formed but for namespaces: names are qualified ones, what their prefixes mean is for
 * `names.h`. What is refused may be as good as any: others read it, and find the words for what is
 * wrong.
 *
 * Texts lie in the document where they are written there as they are meant, else in the arena or in
 * the scan. The text of SCAN_TEXT goes with the next event, all others stay. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "text.h"

#define SCAN_DEPTH_MAX 256
#define SCAN_ATTRIBUTES_MAX 128 /* of one element, and as many declarations */
#define SCAN_NAME_MAX 1000      /* bytes */

typedef enum {
    SCAN_REFUSED,
    SCAN_END,
    SCAN_OPEN,        /* `name`, `attributes`, `declarations` */
    SCAN_CLOSE,
    SCAN_TEXT,        /* `text`; any number of them make a text */
    SCAN_COMMENT,
    SCAN_INSTRUCTION, /* `name`, its target */
} ScanEvent;

typedef struct {
    Text written;
    uint32_t prefix_size; /* with the colon; 0 without a prefix */
} ScanName;

typedef struct {
    ScanName name;
    Text value; /* normalised */
} ScanAttribute;

typedef struct {
    const char *at;
    const char *end;
    const char *tag;       /* where the last SCAN_OPEN is written */
    const char *run_end;   /* of the text that is read: the next markup */
    const char *reference; /* the next one in that text, or its end */
    const char *carriage;  /* likewise */
    Arena *arena;
    size_t bytes; /* of the document */
    size_t tags;  /* in all of the document, by their first characters */
    size_t signs; /* characters "=" likewise */
    bool has_references, has_carriages, has_brackets; /* anywhere */
    bool is_blank;     /* the text is white space; false where nobody looked */
    bool is_empty;     /* the element that was opened is closed next */
    bool is_section;   /* the text is a CDATA section, which goes on behind `run_end` */
    bool has_root;
    char character[4]; /* what a reference stands for */
    uint32_t depth;
    uint32_t attribute_count;
    uint32_t declaration_count;
    ScanName name;
    Text text;
    ScanAttribute attributes[SCAN_ATTRIBUTES_MAX];
    ScanAttribute declarations[SCAN_ATTRIBUTES_MAX]; /* of namespaces */
    Text open[SCAN_DEPTH_MAX]; /* names of the elements that are open */
} Scan;

/* Looks over the whole document, which has to stay where it is; false when it is not plain. */
bool scan_start(Scan *scan, const char *data, size_t size, Arena *arena);

/* Nothing comes after SCAN_REFUSED or SCAN_END. */
ScanEvent scan_next(Scan *scan);

/* The number of line ends from `at` on and before `end`, which is not between the two characters of
 * one. */
uint32_t scan_lines(const char *at, const char *end);

#endif
