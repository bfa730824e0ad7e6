#include "pattern_source.h"

#include <string.h>

#define COUNT_MAX 100000 /* more repetitions are not supported */

uint32_t source_ahead(const Source *source) {
    uint32_t place = source->place;
    return place == source->text.size ? SOURCE_END : text_next(source->text, &place);
}

uint32_t source_take(Source *source) {
    bool is_at_end = source->place == source->text.size;
    return is_at_end ? SOURCE_END : text_next(source->text, &source->place);
}

bool source_take_if(Source *source, uint32_t character) {
    bool is_there = source_ahead(source) == character;
    if (is_there) {
        source_take(source);
    }
    return is_there;
}

bool point_is_one_of(uint32_t character, const char *characters) {
    return character != 0 && character < 0x80 && strchr(characters, (int)character) != NULL;
}

bool source_unescape(uint32_t character, uint32_t *point) {
    *point = character == 'n'   ? '\n'
             : character == 'r' ? '\r'
             : character == 't' ? '\t'
                                : character;
    return point_is_one_of(character, "nrt\\|.?*+(){}-[]^$");
}

/* A part of a class: one character, which may start a range, or several, which are added. */
static bool read_class_item(Source *source, PointClass *class, uint32_t *point, bool *is_single) {
    bool is_escaped = source_take_if(source, '\\');
    *point = source_take(source);
    *is_single = !is_escaped || !point_is_one_of(*point, "sdD");
    if (*is_single) {
        return is_escaped ? source_unescape(*point, point)
                          : *point != SOURCE_END && !point_is_one_of(*point, "[]");
    }
    if (*point == 's') {
        point_class_add_spaces(class);
    } else if (*point == 'd') {
        point_class_add_digits(class);
    } else {
        point_class_add_non_digits(class);
    }
    return true;
}

/* Whether a hyphen comes that is not the last thing in the class. */
static bool takes_range(Source *source) {
    uint32_t hyphen = source->place;
    if (!source_take_if(source, '-')) {
        return false;
    }
    bool is_last = source_ahead(source) == ']';
    source->place = is_last ? hyphen : source->place;
    return !is_last;
}

/* A hyphen for itself stands first or last; what Python makes of others is not imitated. */
static bool read_class_part(Source *source, PointClass *class, bool is_first) {
    bool is_hyphen = source_ahead(source) == '-';
    uint32_t first, last;
    bool is_single;
    if (!read_class_item(source, class, &first, &is_single)) {
        return false;
    }
    if (is_hyphen && !is_first && source_ahead(source) != ']') {
        return false;
    }
    if (!takes_range(source)) {
        return !is_single || point_class_add(class, first, first);
    }
    bool may_be_range = is_single && !is_hyphen && source_ahead(source) != '-';
    return may_be_range && read_class_item(source, class, &last, &is_single) && is_single &&
           point_class_add(class, first, last);
}

bool source_take_class(Source *source, PointClass *class) {
    *class = (PointClass){.is_negative = source_take_if(source, '^')};
    bool is_first = true;
    do {
        if (!read_class_part(source, class, is_first)) {
            return false;
        }
        is_first = false;
    } while (!source_take_if(source, ']'));
    return true;
}

static bool read_count(Source *source, uint32_t *count) {
    bool has_digits = false;
    *count = 0;
    while (source_ahead(source) >= '0' && source_ahead(source) <= '9' && *count < COUNT_MAX) {
        *count = *count * 10 + (source_take(source) - '0');
        has_digits = true;
    }
    return has_digits && *count < COUNT_MAX;
}

/* What stands between braces. */
static bool read_bounds(Source *source, uint32_t *least, uint32_t *most) {
    if (!read_count(source, least)) {
        return false;
    }
    *most = *least;
    if (source_take_if(source, ',')) {
        *most = NO_LIMIT;
        if (source_ahead(source) != '}' && !read_count(source, most)) {
            return false;
        }
    }
    return source_take_if(source, '}') && *least <= *most;
}

bool source_is_at_quantifier(const Source *source) {
    return point_is_one_of(source_ahead(source), "*+?{");
}

bool source_take_quantifier(Source *source, uint32_t *least, uint32_t *most) {
    uint32_t sign = source_take(source);
    *least = sign == '+';
    *most = sign == '?' ? 1 : NO_LIMIT;
    if (sign == '{' && !read_bounds(source, least, most)) {
        return false;
    }
    /* Another one would make it lazy or possessive, or be an error. */
    return !source_is_at_quantifier(source);
}

bool source_is_linear(Text text) {
    for (uint32_t place = 0; place < text.size; place++) {
        bool is_last = place + 1 == text.size;
        unsigned char byte = (unsigned char)text.at[place];
        if (point_is_one_of(byte, is_last ? "?{}()|" : "*+?{}()|")) {
            return false;
        }
    }
    return true;
}
