#ifndef RULES_VALUE_H
#define RULES_VALUE_H

/* Values at run time, told apart by their kind as Python tells them apart by their class. */

#include <stdbool.h>
#include <stdint.h>

#include "date.h"
#include "fault.h"
#include "number.h"
#include "text.h"

typedef enum {
    VALUE_NONE,    /* a missing item */
    VALUE_BOOLEAN,
    VALUE_NUMBER,
    VALUE_LONG_DECIMAL, /* the exact value of a double, too long for a decimal: see exact.h */
    VALUE_TEXT,
    VALUE_UNTYPED, /* text without a type among values of any type */
    VALUE_DATE,
    VALUE_NODE,
    VALUE_NODES, /* a sequence of nodes alone */
    VALUE_ITEMS, /* any other sequence */
    VALUE_INDEX, /* nodes by a text of theirs */
    VALUE_SET,   /* strings of a code list */
    VALUE_FAULT, /* in the place of a variable that could not be computed */
} ValueKind;

typedef struct Value Value;
typedef struct StringSet StringSet;
typedef struct Index Index;

struct Value {
    ValueKind kind;
    uint32_t count; /* of a sequence */
    union {
        bool truth;
        Number number;
        double inexact;
        Text text;
        Date date;
        uint32_t node;
        const uint32_t *nodes;
        const Value *items;
        const Index *index;
        const StringSet *set;
        const Fault *fault;
    } as;
};

#endif
