#ifndef RULES_PATTERN_H
#define RULES_PATTERN_H

/* Regular expressions of XPath: compiled once, run in time that is linear in the text.
 *
 * The same matches as those of the runtime's patterns.py, which go by way of Python's backtracking
 * engine: leftmost, and the first alternative wins. What is not surely the same is
 * FAULT_UNSUPPORTED when it is compiled: flags, groups with a question mark, lazy repetition,
 * back references, repetition of what may be empty, over PATTERN_SIZE_MAX instructions. */

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

#define PATTERN_TEXT_MAX 1000 /* longer texts are FAULT_LONG_TEXT, except for linear patterns */
#define PATTERN_SIZE_MAX 2000 /* instructions */

typedef struct Pattern Pattern; /* immutable: any number of threads may use one at a time */

/* The pattern lies in `arena` and refers to no other memory. */
bool pattern_compile(Text source, Text flags, Arena *arena, Pattern **result, Fault *fault);

/* fn:matches. Scratch memory is given back to `arena`. */
bool pattern_matches(const Pattern *pattern, Text text, Arena *arena, bool *found, Fault *fault);

/* fn:tokenize: the parts are slices of `text`, the array lies in `arena`. */
bool pattern_tokenize(const Pattern *pattern, Text text, Arena *arena, Text **parts,
                      uint32_t *count, Fault *fault);

/* fn:replace. A reference to a group that the pattern has not, or that is repeated, is
 * FAULT_UNSUPPORTED. */
bool pattern_replace(const Pattern *pattern, Text text, Text replacement, Arena *arena,
                     Text *result, Fault *fault);

#endif
