#ifndef RULES_FAULT_H
#define RULES_FAULT_H

/* Why an expression has no value: the dynamic errors of the runtime, and "not for this engine".
 *
 * Every function that can fail gives false and fills in a `Fault`; when it gives true the fault is
 * untouched. A fault only points at the texts it is about, so one that is never shown costs
 * nothing. */

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "text.h"

typedef enum {
    FAULT_NONE = 0,
    FAULT_UNSUPPORTED,      /* not a dynamic error: the whole document goes to the Python engine */
    /* with `text`, of which the first 40 characters are shown */
    FAULT_NO_NUMBER,        /* '{text}' is not a number */
    FAULT_NO_DECIMAL,       /* '{text}' is not a decimal number */
    FAULT_NO_INTEGER,       /* '{text}' is not an integer */
    FAULT_NO_BOOLEAN,       /* '{text}' is not a boolean */
    FAULT_NO_DATE,          /* '{text}' is not a date */
    FAULT_NO_NODE,          /* '{text}' where a node is needed */
    FAULT_OTHER_TYPES,      /* cannot compare values of different types: '{text}' with '{other}' */
    /* with `text`, shown whole and without quotes */
    FAULT_VALUE_NO_DECIMAL, /* {text} is not a decimal number */
    FAULT_VALUE_NO_INTEGER, /* {text} is not an integer */
    FAULT_VALUE_NO_DATE,    /* {text} is not a date */
    /* with `count` */
    FAULT_MANY_ELEMENTS,    /* {count} elements where one is allowed */
    FAULT_MANY_ITEMS,       /* {count} items where one is allowed */
    FAULT_MANY_VALUES,      /* {count} values where a yes or no is needed */
    FAULT_LONG_TEXT,        /* the text has {count} characters, more than 1000 */
    /* alone */
    FAULT_LONG_NUMBER,      /* a number has more than 200 characters */
    FAULT_LONG_RANGE,       /* more than 100000 integers */
    FAULT_NO_ITEM,          /* no item where one is needed */
    FAULT_ZERO,             /* division by zero */
    FAULT_DATE_NO_NUMBER,   /* a date is not a number */
    FAULT_DATE_NO_DECIMAL,  /* a date is not a decimal number */
    FAULT_DATE_NO_INTEGER,  /* a date is not an integer */
    FAULT_DATE_NO_BOOLEAN,  /* a date is not a boolean */
    FAULT_DATE_NO_TRUTH,    /* a date where a yes or no is needed */
    FAULT_NO_START,         /* substring has no start */
    FAULT_NO_CHARACTER,     /* a number is not that of a character */
    FAULT_EMPTY_SEPARATOR,  /* the separator matches the empty text */
    FAULT_EMPTY_PATTERN,    /* the pattern matches the empty text */
    FAULT_LONE_MARK,        /* the replacement has a lone \ or $ */
} FaultKind;

struct Fault {
    FaultKind kind;
    Text text;
    Text other;
    uint64_t count;
};

/* These fill in a fault and give false, so that a function can end with `return fault_of(...)`. */
bool fault_of(Fault *fault, FaultKind kind);
bool fault_about(Fault *fault, FaultKind kind, Text text);
bool fault_counting(Fault *fault, FaultKind kind, uint64_t count);
bool fault_unsupported(Fault *fault);

/* The words that the Python engine finds for it. Not for FAULT_NONE and FAULT_UNSUPPORTED. */
bool fault_words(const Fault *fault, Arena *arena, Text *words);

#endif
