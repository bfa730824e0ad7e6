#include <string.h>

#include "pattern_program.h"

/* What a search may cost; every pattern of a rule file stays far below it. */
#define STEPS_LEAST ((uint64_t)10000000)
#define STEPS_FOR_BYTE 16

/* Ways that are followed, the one with the highest priority first. */
typedef struct {
    uint32_t count;
    uint32_t *steps;
    uint32_t *marks; /* `mark_count` for each */
} Ways;

/* Something to do after the way in front: go on at a step, or set a mark back. */
typedef struct {
    bool is_mark;
    uint32_t number; /* of the step or the mark */
    uint32_t place;  /* that the mark had before */
} Later;

struct PatternSearch {
    const Pattern *pattern;
    Text text;
    uint32_t mark_count;
    uint64_t steps_left;
    bool is_unknown;    /* whether a character was met of which too little is known */
    uint32_t round;     /* counts the places looked at */
    uint32_t *rounds;   /* for each step the last round in which a way came to it */
    Ways now;
    Ways next;
    Later *later;
    Marks marks; /* of the way that is being followed */
};

static bool take_ways(Ways *ways, uint32_t steps, uint32_t marks, Arena *arena) {
    ways->count = 0;
    ways->steps = arena_take_many(arena, steps, sizeof *ways->steps);
    ways->marks = arena_take_many(arena, (size_t)steps * marks, sizeof *ways->marks);
    return ways->steps != NULL && ways->marks != NULL;
}

bool pattern_search_start(const Pattern *pattern, Text text, uint32_t mark_count, Arena *arena,
                          PatternSearch **search, Fault *fault) {
    uint32_t count = pattern->step_count;
    PatternSearch *new = arena_take(arena, sizeof *new);
    uint32_t *rounds = arena_take_many(arena, count, sizeof *rounds);
    Later *later = arena_take_many(arena, (size_t)count + 1, sizeof *later);
    if (new == NULL || rounds == NULL || later == NULL) {
        return fault_unsupported(fault);
    }
    *new = (PatternSearch){
        .pattern = pattern,
        .text = text,
        .mark_count = mark_count,
        .steps_left = STEPS_LEAST + (uint64_t)text.size * STEPS_FOR_BYTE,
        .rounds = rounds,
        .later = later,
    };
    memset(rounds, 0, count * sizeof *rounds);
    *search = new;
    return (take_ways(&new->now, count, mark_count, arena) &&
            take_ways(&new->next, count, mark_count, arena)) ||
           fault_unsupported(fault);
}

static void add_way(const PatternSearch *search, Ways *ways, uint32_t step) {
    uint32_t *marks = ways->marks + (size_t)ways->count * search->mark_count;
    memcpy(marks, search->marks.places, search->mark_count * sizeof *marks);
    ways->steps[ways->count++] = step;
}

/* Follows one way up to the next step that takes a character, or to the end of the pattern. Other
 * ways that start on it are left for later; every step is come to once a round, so there are never
 * more of them than steps. */
static uint32_t follow(PatternSearch *search, Ways *ways, uint32_t number, uint32_t place,
                       uint32_t count) {
    while (search->rounds[number] != search->round) {
        const Step *step = search->pattern->steps + number;
        search->rounds[number] = search->round;
        search->steps_left -= search->steps_left != 0;
        switch (step->kind) {
        case STEP_JUMP:
            number = (uint32_t)((int32_t)number + step->first);
            break;
        case STEP_SPLIT:
            search->later[count++] =
                (Later){.number = (uint32_t)((int32_t)number + step->second)};
            number = (uint32_t)((int32_t)number + step->first);
            break;
        case STEP_MARK:
            if (step->value < search->mark_count) {
                uint32_t *mark = search->marks.places + step->value;
                search->later[count++] =
                    (Later){.is_mark = true, .number = step->value, .place = *mark};
                *mark = place;
            }
            number++;
            break;
        case STEP_START:
        case STEP_END:
            if (place != (step->kind == STEP_START ? 0 : search->text.size)) {
                return count;
            }
            number++;
            break;
        default:
            add_way(search, ways, number);
            return count;
        }
    }
    return count;
}

/* Adds the ways that start at a step. */
static void add_ways(PatternSearch *search, Ways *ways, uint32_t number, uint32_t place) {
    uint32_t count = follow(search, ways, number, place, 0);
    while (count > 0) {
        Later later = search->later[--count];
        if (later.is_mark) {
            search->marks.places[later.number] = later.place;
        } else {
            count = follow(search, ways, later.number, place, count);
        }
    }
}

static void add_start(PatternSearch *search, uint32_t place) {
    memset(&search->marks, 0xFF, sizeof search->marks); /* NO_PLACE everywhere */
    search->marks.places[0] = place;
    add_ways(search, &search->now, 0, place);
}

static bool takes(PatternSearch *search, const Step *step, uint32_t point) {
    switch (step->kind) {
    case STEP_CHARACTER:
        return step->value == point;
    case STEP_ANY:
        return point != '\n' && point != '\r';
    default:
        return point_class_has(search->pattern->classes + step->value, point,
                               &search->is_unknown);
    }
}

/* Takes all ways over one character. A way that came to its end wins over those behind it. */
static bool advance(PatternSearch *search, uint32_t place, Marks *marks) {
    uint32_t after = place;
    bool is_at_end = place == search->text.size;
    uint32_t point = is_at_end ? 0 : text_next(search->text, &after);
    search->round++;
    search->next.count = 0;
    for (uint32_t way = 0; way < search->now.count; way++) {
        uint32_t number = search->now.steps[way];
        const Step *step = search->pattern->steps + number;
        memcpy(search->marks.places, search->now.marks + (size_t)way * search->mark_count,
               search->mark_count * sizeof *search->marks.places);
        if (step->kind == STEP_FOUND) {
            *marks = search->marks;
            marks->places[1] = place;
            return true;
        }
        if (!is_at_end && takes(search, step, point)) {
            add_ways(search, &search->next, number + 1, after);
        }
    }
    return false;
}

static void swap(PatternSearch *search) {
    Ways now = search->now;
    search->now = search->next;
    search->next = now;
}

/* The next place where a match can start. */
static uint32_t next_start(const PatternSearch *search, uint32_t place) {
    const unsigned char *bytes = (const unsigned char *)search->text.at;
    while (place < search->text.size && !search->pattern->starts_with[bytes[place]]) {
        place++;
    }
    return place;
}

static bool may_start(const PatternSearch *search, uint32_t place) {
    return place == 0 || !search->pattern->is_anchored;
}

bool pattern_search_next(PatternSearch *search, uint32_t from, bool *found, Marks *marks,
                         Fault *fault) {
    uint32_t place = from;
    search->round++;
    search->now.count = 0;
    *found = false;
    for (;;) {
        if (search->now.count == 0 && !search->pattern->matches_empty) {
            place = *found ? place : next_start(search, place);
        }
        if (!*found && may_start(search, place)) {
            add_start(search, place);
        }
        if (search->now.count == 0 && (*found || !may_start(search, place))) {
            return true;
        }
        *found = advance(search, place, marks) || *found;
        if (search->is_unknown || search->steps_left == 0) {
            return fault_unsupported(fault);
        }
        if (place == search->text.size || (*found && search->mark_count == 0)) {
            return true;
        }
        text_next(search->text, &place);
        swap(search);
    }
}
