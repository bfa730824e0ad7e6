#ifndef RULES_POINT_CLASS_H
#define RULES_POINT_CLASS_H

/* Sets of characters, as a pattern writes them between brackets. */

#include <stdbool.h>
#include <stdint.h>

#define POINT_RANGES_MAX 16 /* beyond ASCII */

typedef struct {
    uint32_t first;
    uint32_t last;
} PointRange;

typedef struct {
    uint32_t ascii[4]; /* a bit for each character */
    PointRange beyond[POINT_RANGES_MAX];
    uint32_t beyond_count;
    bool is_negative;
    bool has_digits;     /* \d: digits of any script */
    bool has_non_digits; /* \D */
} PointClass;

/* Adds characters; false when they are in the wrong order or there are too many ranges. */
bool point_class_add(PointClass *class, uint32_t first, uint32_t last);
void point_class_add_spaces(PointClass *class);
void point_class_add_digits(PointClass *class);
void point_class_add_non_digits(PointClass *class);

/* Whether a character is in the class. `is_unknown` is set where that depends on whether it is a
 * digit and this file does not know. */
bool point_class_has(const PointClass *class, uint32_t point, bool *is_unknown);

#endif
