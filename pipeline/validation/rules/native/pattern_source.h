#ifndef RULES_PATTERN_SOURCE_H
#define RULES_PATTERN_SOURCE_H

/* The text of a pattern, read from its start. Functions that give a bool give false for what is not
 * supported. */

#include <stdbool.h>
#include <stdint.h>

#include "point_class.h"
#include "text.h"

#define SOURCE_END UINT32_MAX
#define NO_LIMIT UINT32_MAX

typedef struct {
    Text text;
    uint32_t place;
} Source;

/* The next character, which is taken or not; SOURCE_END when there is none. */
uint32_t source_ahead(const Source *source);
uint32_t source_take(Source *source);

/* Takes the next character if it is this one. */
bool source_take_if(Source *source, uint32_t character);

bool point_is_one_of(uint32_t point, const char *characters);

/* The character that stands behind a backslash, for itself or for a control character. */
bool source_unescape(uint32_t character, uint32_t *point);

/* What stands behind an opening bracket, up to the closing one. */
bool source_take_class(Source *source, PointClass *class);

/* How often the piece before may be there; NO_LIMIT for any number of times. */
bool source_is_at_quantifier(const Source *source);
bool source_take_quantifier(Source *source, uint32_t *least, uint32_t *most);

/* Whether a pattern repeats nothing but its end, which the runtime tells by its text. */
bool source_is_linear(Text text);

#endif
