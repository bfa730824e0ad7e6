#include "pattern.h"

#include <string.h>

#include "pattern_program.h"

#define REPLACEMENT_SIZE_MAX 2000
#define MARKS_OF_PLACE 2 /* the start and the end of a match */

/* A list of texts that grows. */
typedef struct {
    Text *texts;
    uint32_t count;
    uint32_t room;
} Texts;

static bool add_text(Texts *list, Text text, Arena *arena, Fault *fault) {
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 8 : (size_t)list->room * 2;
        Text *texts = room > UINT32_MAX ? NULL : arena_take_many(arena, room, sizeof *texts);
        if (texts == NULL) {
            return fault_unsupported(fault);
        }
        if (list->count != 0) {
            memcpy(texts, list->texts, list->count * sizeof *texts);
        }
        list->texts = texts;
        list->room = (uint32_t)room;
    }
    list->texts[list->count++] = text;
    return true;
}

static Text between(Text text, uint32_t from, uint32_t to) {
    return from == to ? TEXT_OF("") : (Text){text.at + from, to - from};
}

/* The runtime refuses long texts where its own engine may need much time. */
static bool is_searched(const Pattern *pattern, Text text, Fault *fault) {
    if (pattern->is_linear || text.size <= PATTERN_TEXT_MAX) {
        return true;
    }
    uint32_t length = text_length(text);
    return length <= PATTERN_TEXT_MAX || fault_counting(fault, FAULT_LONG_TEXT, length);
}

bool pattern_matches(const Pattern *pattern, Text text, Arena *arena, bool *found, Fault *fault) {
    ArenaMark mark = arena_mark(arena);
    PatternSearch *search;
    Marks ignored;
    bool is_known = is_searched(pattern, text, fault) &&
                    pattern_search_start(pattern, text, 0, arena, &search, fault) &&
                    pattern_search_next(search, 0, found, &ignored, fault);
    arena_rewind(arena, mark);
    return is_known;
}

bool pattern_tokenize(const Pattern *pattern, Text text, Arena *arena, Text **parts,
                      uint32_t *count, Fault *fault) {
    PatternSearch *search;
    Texts list = {0};
    Marks marks;
    uint32_t place = 0;
    bool found = text.size != 0;
    if (pattern->matches_empty) {
        return fault_of(fault, FAULT_EMPTY_SEPARATOR);
    }
    if (!is_searched(pattern, text, fault) ||
        !pattern_search_start(pattern, text, MARKS_OF_PLACE, arena, &search, fault)) {
        return false;
    }
    while (found) {
        if (!pattern_search_next(search, place, &found, &marks, fault)) {
            return false;
        }
        uint32_t end = found ? marks.places[0] : text.size;
        if (!add_text(&list, between(text, place, end), arena, fault)) {
            return false;
        }
        place = marks.places[1];
    }
    *parts = list.texts;
    *count = list.count;
    return true;
}

/* A replacement, taken apart: texts, and where a text has no address, the number of a group as its
 * size. */
typedef struct {
    Texts parts;
    uint32_t mark_count;
} Template;

static bool add_group(Template *template, const Pattern *pattern, uint32_t group, Arena *arena,
                      Fault *fault) {
    bool is_repeated = pattern->repeated_groups >> group & 1;
    if (group >= pattern->group_count || is_repeated) {
        return fault_unsupported(fault);
    }
    uint32_t marks = 2 * group + 2;
    template->mark_count = marks > template->mark_count ? marks : template->mark_count;
    return add_text(&template->parts, (Text){NULL, group}, arena, fault);
}

/* A reference or an escape at `*place`. */
static bool read_mark(Template *template, const Pattern *pattern, Text replacement,
                      uint32_t *place, Arena *arena, Fault *fault) {
    char mark = replacement.at[*place];
    char next = *place + 1 < replacement.size ? replacement.at[*place + 1] : 0;
    Text itself = {replacement.at + *place + 1, 1};
    *place += 2;
    if (mark == '$' && next >= '0' && next <= '9') {
        return add_group(template, pattern, (uint32_t)(next - '0'), arena, fault);
    }
    if (mark == '\\' && (next == '\\' || next == '$')) {
        return add_text(&template->parts, itself, arena, fault);
    }
    return fault_of(fault, FAULT_LONE_MARK);
}

static bool read_template(Template *template, const Pattern *pattern, Text replacement,
                          Arena *arena, Fault *fault) {
    if (replacement.size > REPLACEMENT_SIZE_MAX) {
        return fault_unsupported(fault);
    }
    for (uint32_t place = 0; place < replacement.size;) {
        uint32_t start = place;
        while (place < replacement.size && replacement.at[place] != '\\' &&
               replacement.at[place] != '$') {
            place++;
        }
        Text itself = between(replacement, start, place);
        bool has_mark = place < replacement.size;
        if (!add_text(&template->parts, itself, arena, fault) ||
            (has_mark && !read_mark(template, pattern, replacement, &place, arena, fault))) {
            return false;
        }
    }
    return true;
}

/* Adds the replacement of one match. */
static bool fill_template(const Template *template, Text text, const Marks *marks, Texts *pieces,
                          Arena *arena, Fault *fault) {
    for (uint32_t place = 0; place < template->parts.count; place++) {
        Text part = template->parts.texts[place];
        if (part.at == NULL) {
            uint32_t from = marks->places[2 * part.size];
            uint32_t to = marks->places[2 * part.size + 1];
            part = to == NO_PLACE ? TEXT_OF("") : between(text, from, to);
        }
        if (!add_text(pieces, part, arena, fault)) {
            return false;
        }
    }
    return true;
}

bool pattern_replace(const Pattern *pattern, Text text, Text replacement, Arena *arena,
                     Text *result, Fault *fault) {
    Template template = {.mark_count = MARKS_OF_PLACE};
    PatternSearch *search;
    Texts pieces = {0};
    if (pattern->matches_empty) {
        return fault_of(fault, FAULT_EMPTY_PATTERN);
    }
    if (!read_template(&template, pattern, replacement, arena, fault) ||
        !is_searched(pattern, text, fault) ||
        !pattern_search_start(pattern, text, template.mark_count, arena, &search, fault)) {
        return false;
    }
    uint32_t place = 0;
    for (;;) {
        Marks marks;
        bool found;
        if (!pattern_search_next(search, place, &found, &marks, fault)) {
            return false;
        }
        uint32_t end = found ? marks.places[0] : text.size;
        if (!add_text(&pieces, between(text, place, end), arena, fault)) {
            return false;
        }
        if (!found) {
            break;
        }
        if (!fill_template(&template, text, &marks, &pieces, arena, fault)) {
            return false;
        }
        place = marks.places[1];
    }
    return text_join(pieces.texts, pieces.count, TEXT_OF(""), arena, result, fault);
}
