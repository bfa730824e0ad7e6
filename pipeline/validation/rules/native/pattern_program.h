#ifndef RULES_PATTERN_PROGRAM_H
#define RULES_PATTERN_PROGRAM_H

/* What a pattern is compiled to: steps of a machine that follows all ways at once. */

#include "pattern.h"
#include "point_class.h"

#define PATTERN_GROUPS 10 /* the whole match and the nine groups that fn:replace can name */
#define NO_PLACE UINT32_MAX

typedef enum {
    STEP_CHARACTER, /* takes the character `value` */
    STEP_ANY,       /* takes anything but CR and LF */
    STEP_CLASS,     /* takes one of the class with the number `value` */
    STEP_START,     /* only before the text */
    STEP_END,       /* only behind the text */
    STEP_MARK,      /* remembers the place as mark `value` */
    STEP_SPLIT,     /* goes on at `first` and, with less priority, at `second` */
    STEP_JUMP,      /* goes on at `first` */
    STEP_FOUND,
} StepKind;

/* Where to go on is relative, so that a piece of a program can be moved and copied. */
typedef struct {
    StepKind kind;
    int32_t first;
    int32_t second;
    uint32_t value;
} Step;

struct Pattern {
    const Step *steps;
    const PointClass *classes;
    uint32_t step_count;
    uint32_t group_count;     /* the whole match among them */
    uint32_t repeated_groups; /* a bit for each group inside a repetition */
    bool is_linear;           /* may be looked for in texts of any length */
    bool is_anchored;         /* can only match from the start of a text */
    bool matches_empty;       /* matches the empty text */
    bool starts_with[256];    /* the bytes that a match which is not empty can start with */
};

/* Places in the text where groups start and end; NO_PLACE for a group without part in the match. */
typedef struct {
    uint32_t places[2 * PATTERN_GROUPS];
} Marks;

typedef struct PatternSearch PatternSearch;

/* Prepares to look for a pattern in a text. `mark_count` is 0 where only the fact matters, 2 where
 * the place of the match does, more for groups. */
bool pattern_search_start(const Pattern *pattern, Text text, uint32_t mark_count, Arena *arena,
                          PatternSearch **search, Fault *fault);

/* The first match from a place on. */
bool pattern_search_next(PatternSearch *search, uint32_t from, bool *found, Marks *marks,
                         Fault *fault);

#endif
