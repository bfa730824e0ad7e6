#include "fault.h"

#include <stddef.h>
#include <string.h>

#define SHOWN 40 /* characters of a value that a message shows */

typedef struct {
    const char *before;
    const char *after;
} Wording;

/* For each kind the words around what it is about. */
static const Wording WORDINGS[] = {
    [FAULT_NO_NUMBER] = {"'", "' is not a number"},
    [FAULT_NO_DECIMAL] = {"'", "' is not a decimal number"},
    [FAULT_NO_INTEGER] = {"'", "' is not an integer"},
    [FAULT_NO_BOOLEAN] = {"'", "' is not a boolean"},
    [FAULT_NO_DATE] = {"'", "' is not a date"},
    [FAULT_NO_NODE] = {"'", "' where a node is needed"},
    [FAULT_OTHER_TYPES] = {"cannot compare values of different types: '", "'"},
    [FAULT_VALUE_NO_DECIMAL] = {"", " is not a decimal number"},
    [FAULT_VALUE_NO_INTEGER] = {"", " is not an integer"},
    [FAULT_VALUE_NO_DATE] = {"", " is not a date"},
    [FAULT_MANY_ELEMENTS] = {"", " elements where one is allowed"},
    [FAULT_MANY_ITEMS] = {"", " items where one is allowed"},
    [FAULT_MANY_VALUES] = {"", " values where a yes or no is needed"},
    [FAULT_LONG_TEXT] = {"the text has ", " characters, more than 1000"},
    [FAULT_LONG_NUMBER] = {"", "a number has more than 200 characters"},
    [FAULT_LONG_RANGE] = {"", "more than 100000 integers"},
    [FAULT_NO_ITEM] = {"", "no item where one is needed"},
    [FAULT_ZERO] = {"", "division by zero"},
    [FAULT_DATE_NO_NUMBER] = {"", "a date is not a number"},
    [FAULT_DATE_NO_DECIMAL] = {"", "a date is not a decimal number"},
    [FAULT_DATE_NO_INTEGER] = {"", "a date is not an integer"},
    [FAULT_DATE_NO_BOOLEAN] = {"", "a date is not a boolean"},
    [FAULT_DATE_NO_TRUTH] = {"", "a date where a yes or no is needed"},
    [FAULT_NO_START] = {"", "substring has no start"},
    [FAULT_NO_CHARACTER] = {"", "a number is not that of a character"},
    [FAULT_EMPTY_SEPARATOR] = {"", "the separator matches the empty text"},
    [FAULT_EMPTY_PATTERN] = {"", "the pattern matches the empty text"},
    [FAULT_LONE_MARK] = {"", "the replacement has a lone \\ or $"},
};

bool fault_of(Fault *fault, FaultKind kind) {
    *fault = (Fault){.kind = kind};
    return false;
}

bool fault_about(Fault *fault, FaultKind kind, Text text) {
    *fault = (Fault){.kind = kind, .text = text};
    return false;
}

bool fault_counting(Fault *fault, FaultKind kind, uint64_t count) {
    *fault = (Fault){.kind = kind, .count = count};
    return false;
}

bool fault_unsupported(Fault *fault) {
    return fault_of(fault, FAULT_UNSUPPORTED);
}

static bool is_counting(FaultKind kind) {
    return kind >= FAULT_MANY_ELEMENTS && kind <= FAULT_LONG_TEXT;
}

static bool is_quoting(FaultKind kind) {
    return kind >= FAULT_NO_NUMBER && kind <= FAULT_OTHER_TYPES;
}

/* The digits of a count, at the end of `room`. */
static Text digits_of(uint64_t count, char *room, size_t size) {
    char *at = room + size;
    do {
        *--at = (char)('0' + count % 10);
        count /= 10;
    } while (count != 0);
    return (Text){at, (uint32_t)(room + size - at)};
}

static Text shown(Text text) {
    return text_slice(text, 1, SHOWN + 1);
}

static Text words_of(const char *words) {
    return (Text){words, (uint32_t)strlen(words)};
}

bool fault_words(const Fault *fault, Arena *arena, Text *words) {
    const Wording *wording = &WORDINGS[fault->kind];
    char digits[20];
    Text subject = is_quoting(fault->kind) ? shown(fault->text) : fault->text;
    if (is_counting(fault->kind)) {
        subject = digits_of(fault->count, digits, sizeof digits);
    }
    Text parts[] = {words_of(wording->before), subject, words_of(wording->after), {0}, {0}};
    if (fault->kind == FAULT_OTHER_TYPES) {
        parts[2] = TEXT_OF("' with '");
        parts[3] = shown(fault->other);
        parts[4] = words_of(wording->after);
    }
    Fault ignored;
    return text_join(parts, sizeof parts / sizeof *parts, (Text){0}, arena, words, &ignored);
}
