#include "text.h"

#include <string.h>

#include "casing.h"
#include "fault.h"
#include "search.h"

#define SHARP_S 0xDF
#define MALFORMED '?' /* of one byte, so that what is written is never longer than what is read */
#define OLD_SIZE_MAX 256 /* of fn:translate: every character of the text is looked for in it */

static const Text EMPTY = {"", 0};

static Text part_of(Text text, uint32_t from, uint32_t to) {
    return from >= to ? EMPTY : (Text){text.at + from, to - from};
}

/* Room for a new text, or a fault. */
static char *room_for(uint64_t size, Arena *arena, Fault *fault) {
    char *room = size > TEXT_SIZE_MAX ? NULL : arena_take(arena, (size_t)size);
    if (room == NULL) {
        fault_unsupported(fault);
    }
    return room;
}

static char *append(char *at, Text text) {
    if (text.size != 0) {
        memcpy(at, text.at, text.size);
    }
    return at + text.size;
}

static bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool is_inside_character(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

int text_compare(Text left, Text right) {
    uint32_t shorter = left.size < right.size ? left.size : right.size;
    int order = shorter == 0 ? 0 : memcmp(left.at, right.at, shorter);
    return order != 0 ? order : (left.size > right.size) - (left.size < right.size);
}

bool text_equal(Text left, Text right) {
    return left.size == right.size &&
           (left.size == 0 || memcmp(left.at, right.at, left.size) == 0);
}

uint32_t text_next(Text text, uint32_t *place) {
    const unsigned char *at = (const unsigned char *)text.at + *place;
    uint32_t left = text.size - *place;
    if (at[0] < 0xC0 || left < 2) {
        *place += 1;
        return at[0] < 0x80 ? at[0] : MALFORMED;
    }
    if (at[0] < 0xE0 || left < 3) {
        *place += 2;
        return (uint32_t)(at[0] & 0x1F) << 6 | (at[1] & 0x3F);
    }
    if (at[0] < 0xF0 || left < 4) {
        *place += 3;
        return (uint32_t)(at[0] & 0x0F) << 12 | (uint32_t)(at[1] & 0x3F) << 6 | (at[2] & 0x3F);
    }
    *place += 4;
    return (uint32_t)(at[0] & 0x07) << 18 | (uint32_t)(at[1] & 0x3F) << 12 |
           (uint32_t)(at[2] & 0x3F) << 6 | (at[3] & 0x3F);
}

uint32_t text_write_point(char *at, uint32_t point) {
    if (point < 0x80) {
        at[0] = (char)point;
        return 1;
    }
    uint32_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (uint32_t place = size - 1; place > 0; place--) {
        at[place] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    at[0] = (char)((0xF00 >> size & 0xFF) | point);
    return size;
}

uint32_t text_length(Text text) {
    uint32_t length = text.size;
    for (uint32_t place = 0; place < text.size; place++) {
        length -= is_inside_character(text.at[place]);
    }
    return length;
}

bool text_is_ascii(Text text) {
    unsigned char all = 0;
    for (uint32_t place = 0; place < text.size; place++) {
        all |= (unsigned char)text.at[place];
    }
    return all < 0x80;
}

Text text_trim(Text text) {
    uint32_t from = 0;
    uint32_t to = text.size;
    while (from < to && is_space(text.at[from])) {
        from++;
    }
    while (to > from && is_space(text.at[to - 1])) {
        to--;
    }
    return part_of(text, from, to);
}

bool text_has_content(Text text) {
    uint32_t place = 0;
    while (place < text.size && is_space(text.at[place])) {
        place++;
    }
    return place < text.size;
}

/* How many bytes of a trimmed text are normal as they are. */
static uint32_t normal_start(Text text) {
    for (uint32_t place = 0; place < text.size; place++) {
        /* There is always a next byte: the last one is no space. */
        if (is_space(text.at[place]) &&
            (text.at[place] != ' ' || is_space(text.at[place + 1]))) {
            return place;
        }
    }
    return text.size;
}

bool text_normalize(Text text, Arena *arena, Text *result, Fault *fault) {
    text = text_trim(text);
    uint32_t done = normal_start(text);
    if (done == text.size) {
        *result = text;
        return true;
    }
    char *room = room_for(text.size, arena, fault);
    if (room == NULL) {
        return false;
    }
    char *at = append(room, part_of(text, 0, done));
    for (uint32_t place = done; place < text.size; place++) {
        if (!is_space(text.at[place])) {
            *at++ = text.at[place];
        } else if (!is_space(text.at[place + 1])) {
            *at++ = ' ';
        }
    }
    *result = (Text){room, (uint32_t)(at - room)};
    return true;
}

/* Everything in one case; no character gets longer. */
static bool cased(Text text, uint32_t (*casing)(uint32_t), Arena *arena, Text *result,
                  Fault *fault) {
    char *room = room_for(text.size, arena, fault);
    if (room == NULL) {
        return false;
    }
    uint32_t size = 0;
    for (uint32_t place = 0; place < text.size;) {
        uint32_t point = text_next(text, &place);
        if (point == SHARP_S && casing == casing_upper) {
            room[size++] = 'S';
            room[size++] = 'S';
            continue;
        }
        uint32_t other = casing(point);
        if (other == CASING_UNKNOWN) {
            return fault_unsupported(fault);
        }
        size += text_write_point(room + size, other);
    }
    *result = (Text){room, size};
    return true;
}

bool text_upper(Text text, Arena *arena, Text *result, Fault *fault) {
    return cased(text, casing_upper, arena, result, fault);
}

bool text_lower(Text text, Arena *arena, Text *result, Fault *fault) {
    return cased(text, casing_lower, arena, result, fault);
}

bool text_contains(Text text, Text part) {
    uint32_t place;
    return search_first(text, part, &place);
}

bool text_starts_with(Text text, Text part) {
    return part.size <= text.size && text_equal(part_of(text, 0, part.size), part);
}

bool text_ends_with(Text text, Text part) {
    return part.size <= text.size &&
           text_equal(part_of(text, text.size - part.size, text.size), part);
}

Text text_before(Text text, Text mark) {
    uint32_t place;
    return search_first(text, mark, &place) ? part_of(text, 0, place) : EMPTY;
}

Text text_after(Text text, Text mark) {
    uint32_t place;
    return search_first(text, mark, &place) ? part_of(text, place + mark.size, text.size) : EMPTY;
}

/* The byte offset behind `count` more code points. */
static uint32_t skip(Text text, uint32_t place, uint64_t count) {
    if (count >= text.size - place) {
        return text.size;
    }
    while (count > 0 && place < text.size) {
        place++;
        while (place < text.size && is_inside_character(text.at[place])) {
            place++;
        }
        count--;
    }
    return place;
}

Text text_slice(Text text, int64_t first, int64_t end) {
    int64_t begin = first < 1 ? 1 : first;
    if (end <= begin) {
        return EMPTY;
    }
    uint32_t from = skip(text, 0, (uint64_t)begin - 1);
    return part_of(text, from, skip(text, from, (uint64_t)(end - begin)));
}

/* The code point that stands for `point`, or -1 for none. */
static int64_t translation(uint32_t point, Text old, Text new) {
    uint32_t place = 0;
    uint32_t there = 0;
    while (place < old.size) {
        bool is_it = text_next(old, &place) == point;
        bool has_more = there < new.size;
        uint32_t other = has_more ? text_next(new, &there) : 0;
        if (is_it) {
            return has_more ? (int64_t)other : -1;
        }
    }
    return point;
}

bool text_translate(Text text, Text old, Text new, Arena *arena, Text *result, Fault *fault) {
    if (old.size > OLD_SIZE_MAX) {
        return fault_unsupported(fault);
    }
    /* Only characters beyond ASCII can be longer than those they stand for. */
    uint64_t most = text_is_ascii(new) ? text.size : (uint64_t)text.size * 4;
    char *room = room_for(most, arena, fault);
    if (room == NULL) {
        return false;
    }
    uint32_t size = 0;
    for (uint32_t place = 0; place < text.size;) {
        int64_t point = translation(text_next(text, &place), old, new);
        if (point >= 0) {
            size += text_write_point(room + size, (uint32_t)point);
        }
    }
    *result = (Text){room, size};
    return true;
}

bool text_join(const Text *parts, size_t count, Text between, Arena *arena, Text *result,
               Fault *fault) {
    uint64_t size = count < 2 ? 0 : (uint64_t)between.size * (count - 1);
    for (size_t place = 0; place < count; place++) {
        size += parts[place].size;
    }
    char *room = room_for(size, arena, fault);
    if (room == NULL) {
        return false;
    }
    char *at = room;
    for (size_t place = 0; place < count; place++) {
        at = append(at, place == 0 ? EMPTY : between);
        at = append(at, parts[place]);
    }
    *result = (Text){room, (uint32_t)size};
    return true;
}

bool text_codepoints(Text text, Arena *arena, uint32_t **points, uint32_t *count, Fault *fault) {
    uint32_t length_max = text_length(text);
    uint32_t *room = arena_take_many(arena, length_max, sizeof *room);
    if (room == NULL) {
        return fault_unsupported(fault);
    }
    uint32_t length = 0;
    for (uint32_t place = 0; place < text.size && length < length_max;) {
        room[length++] = text_next(text, &place);
    }
    *points = room;
    *count = length;
    return true;
}

bool text_from_codepoints(const int64_t *points, size_t count, Arena *arena, Text *result,
                          Fault *fault) {
    char *room = room_for((uint64_t)count * 4, arena, fault);
    if (room == NULL) {
        return false;
    }
    uint32_t size = 0;
    for (size_t place = 0; place < count; place++) {
        int64_t point = points[place];
        if (point < INT32_MIN || point > INT32_MAX || (point >= 0xD800 && point < 0xE000)) {
            return fault_unsupported(fault);
        }
        if (point < 0 || point >= 0x110000) {
            return fault_of(fault, FAULT_NO_CHARACTER);
        }
        size += text_write_point(room + size, (uint32_t)point);
    }
    *result = (Text){room, size};
    return true;
}

bool text_copy(Text text, Arena *arena, Text *result, Fault *fault) {
    return text_join(&text, 1, EMPTY, arena, result, fault);
}
