#ifndef RULES_STRUCTURE_VALUES_H
#define RULES_STRUCTURE_VALUES_H

/* The simple types that UBL uses, by their lexical form.
 *
 * Narrower than XSD on purpose: what a person may write in an invoice is in, the years before
 * Christ and numbers of fifty digits are not. What is not in is decided elsewhere. */

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    VALUE_TEXT = 0, /* any */
    VALUE_DECIMAL,
    VALUE_BOOLEAN,
    VALUE_DATE,
    VALUE_TIME,
    VALUE_DATE_TIME,
    VALUE_LANGUAGE,
    VALUE_ANY_URI,
    VALUE_BASE_64, /* see base64.h: its text comes in pieces */
    VALUE_KINDS
} ValueKind;

/* Whether a text is a value of a kind other than VALUE_BASE_64. White space around it is none. */
bool value_is(ValueKind kind, const char *text, size_t size);

bool is_xml_space(char character);

#endif
