#ifndef RULES_TEXT_H
#define RULES_TEXT_H

/* Strings as slices of UTF-8 that somebody else owns.
 *
 * Characters are code points. The text must be valid UTF-8, which the scanner and the loader see to;
 * a text that is not gives a wrong answer, never a read outside the slice. Where a result can be a
 * part of an argument it is one, else it lies in the arena. Functions that give a bool fail only
 * when the arena is full or the text is longer than TEXT_SIZE_MAX, and say so in `fault`. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

typedef struct {
    const char *at; /* not ended by NUL; may be NULL when size is 0 */
    uint32_t size;  /* in bytes */
} Text;

typedef struct Fault Fault; /* fault.h */

#define TEXT_SIZE_MAX UINT32_MAX
#define TEXT_OF(literal) ((Text){(literal), (uint32_t)(sizeof(literal) - 1)})

/* Comparison by code points, as Python compares strings: negative, 0 or positive. */
int text_compare(Text left, Text right);
bool text_equal(Text left, Text right);

/* The code point at `*place`, a byte offset below `text.size`, which moves on to the next one. */
uint32_t text_next(Text text, uint32_t *place);

/* Writes a code point below 0x110000 and gives its size: at most 4 bytes. */
uint32_t text_write_point(char *at, uint32_t point);

/* Number of code points (fn:string-length). */
uint32_t text_length(Text text);
bool text_is_ascii(Text text);

/* The text without the four spaces of XML around it. */
Text text_trim(Text text);

/* Whether there is anything but spaces: the quick way to normalize-space(x) != ''. */
bool text_has_content(Text text);

/* fn:normalize-space; gives a slice of `text` where the inside is normal already. */
bool text_normalize(Text text, Arena *arena, Text *result, Fault *fault);

/* fn:upper-case and fn:lower-case. Letters whose case depends on more than themselves, or that
 * casing.c does not know, are FAULT_UNSUPPORTED. */
bool text_upper(Text text, Arena *arena, Text *result, Fault *fault);
bool text_lower(Text text, Arena *arena, Text *result, Fault *fault);

bool text_contains(Text text, Text part);
bool text_starts_with(Text text, Text part);
bool text_ends_with(Text text, Text part);
Text text_before(Text text, Text mark); /* fn:substring-before */
Text text_after(Text text, Text mark);  /* fn:substring-after */

/* The code points from `first` on and before `end`, both counted from 1; out of range is fine.
 * `number_substring` (number.h) makes these of the arguments of fn:substring. */
Text text_slice(Text text, int64_t first, int64_t end);

/* fn:translate. */
bool text_translate(Text text, Text old, Text new, Arena *arena, Text *result, Fault *fault);

/* fn:concat (`between` empty) and fn:string-join. */
bool text_join(const Text *parts, size_t count, Text between, Arena *arena, Text *result,
               Fault *fault);

/* fn:string-to-codepoints. */
bool text_codepoints(Text text, Arena *arena, uint32_t **points, uint32_t *count, Fault *fault);

/* fn:codepoints-to-string. Python makes a string of lone surrogates, UTF-8 cannot:
 * FAULT_UNSUPPORTED. */
bool text_from_codepoints(const int64_t *points, size_t count, Arena *arena, Text *result,
                          Fault *fault);

/* A copy in the arena, for a text whose owner goes first. */
bool text_copy(Text text, Arena *arena, Text *result, Fault *fault);

#endif
