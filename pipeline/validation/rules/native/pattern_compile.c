#include <string.h>

#include "pattern_program.h"
#include "pattern_source.h"

/* Beyond these a pattern is not supported. */
#define SOURCE_SIZE_MAX 2000
#define DEPTH_MAX 50
#define CLASS_MAX 100

#define SCRATCH_MAX ((size_t)1 << 20)

typedef struct {
    Source source;
    uint32_t depth;
    uint32_t group_count;
    uint32_t repeated_groups;
    uint32_t step_count;
    uint32_t class_count;
    Step steps[PATTERN_SIZE_MAX];
    Step piece[PATTERN_SIZE_MAX]; /* what is being repeated */
    PointClass classes[CLASS_MAX];
} Compiler;

/* Functions that read give false for what is not supported; some say whether what they read can
 * match the empty text. */

static bool read_alternatives(Compiler *compiler, bool *may_be_empty);

static bool emit(Compiler *compiler, Step step) {
    if (compiler->step_count == PATTERN_SIZE_MAX) {
        return false;
    }
    compiler->steps[compiler->step_count++] = step;
    return true;
}

/* Puts a step before those from `place` on, which nothing refers to yet. */
static bool insert(Compiler *compiler, uint32_t place, Step step) {
    if (!emit(compiler, step)) {
        return false;
    }
    Step *at = compiler->steps + place;
    memmove(at + 1, at, (compiler->step_count - 1 - place) * sizeof *at);
    *at = step;
    return true;
}

/* Characters. */

static bool emit_character(Compiler *compiler, uint32_t character) {
    return emit(compiler, (Step){.kind = STEP_CHARACTER, .value = character});
}

static bool emit_class(Compiler *compiler, const PointClass *class) {
    if (compiler->class_count == CLASS_MAX) {
        return false;
    }
    compiler->classes[compiler->class_count] = *class;
    return emit(compiler, (Step){.kind = STEP_CLASS, .value = compiler->class_count++});
}

static bool read_escape(Compiler *compiler) {
    uint32_t character = source_take(&compiler->source);
    PointClass class = {.is_negative = character == 'S' || character == 'D'};
    if (character == 's' || character == 'S') {
        point_class_add_spaces(&class);
        return emit_class(compiler, &class);
    }
    if (character == 'd' || character == 'D') {
        point_class_add_digits(&class);
        return emit_class(compiler, &class);
    }
    return source_unescape(character, &character) && emit_character(compiler, character);
}

static bool read_class(Compiler *compiler) {
    PointClass class;
    return source_take_class(&compiler->source, &class) && emit_class(compiler, &class);
}

/* Groups. */

static bool emit_mark(Compiler *compiler, uint32_t group, uint32_t side) {
    return group >= PATTERN_GROUPS ||
           emit(compiler, (Step){.kind = STEP_MARK, .value = 2 * group + side});
}

static bool read_group(Compiler *compiler, bool *may_be_empty) {
    uint32_t group = compiler->group_count++;
    if (source_ahead(&compiler->source) == '?' || compiler->depth == DEPTH_MAX) {
        return false;
    }
    compiler->depth++;
    bool is_read = emit_mark(compiler, group, 0) && read_alternatives(compiler, may_be_empty) &&
                   source_take_if(&compiler->source, ')') && emit_mark(compiler, group, 1);
    compiler->depth--;
    return is_read;
}

/* Repetition. */

static bool emit_piece(Compiler *compiler, uint32_t size) {
    if (size > PATTERN_SIZE_MAX - compiler->step_count) {
        return false;
    }
    Step *at = compiler->steps + compiler->step_count;
    memcpy(at, compiler->piece, size * sizeof *at);
    compiler->step_count += size;
    return true;
}

/* The piece any number of times more, if it was there at least once, or any number of times. */
static bool emit_loop(Compiler *compiler, uint32_t size, bool was_there) {
    int32_t length = (int32_t)size;
    if (was_there) {
        return emit(compiler, (Step){.kind = STEP_SPLIT, .first = -length, .second = 1});
    }
    return emit(compiler, (Step){.kind = STEP_SPLIT, .first = 1, .second = length + 2}) &&
           emit_piece(compiler, size) &&
           emit(compiler, (Step){.kind = STEP_JUMP, .first = -length - 1});
}

/* Repeats the steps from `start` on, which are there once. */
static bool repeat(Compiler *compiler, uint32_t start, uint32_t least, uint32_t most) {
    uint32_t size = compiler->step_count - start;
    memcpy(compiler->piece, compiler->steps + start, size * sizeof *compiler->piece);
    compiler->step_count = start;
    for (uint32_t count = 0; count < least; count++) {
        if (!emit_piece(compiler, size)) {
            return false;
        }
    }
    if (most == NO_LIMIT) {
        return emit_loop(compiler, size, least > 0);
    }
    for (uint32_t left = most - least; left > 0; left--) {
        Step split = {.kind = STEP_SPLIT, .first = 1, .second = (int32_t)(left * (size + 1))};
        if (!emit(compiler, split) || !emit_piece(compiler, size)) {
            return false;
        }
    }
    return true;
}

static uint32_t bits_between(uint32_t from, uint32_t to) {
    uint32_t bits = 0;
    for (uint32_t bit = from; bit < to && bit < PATTERN_GROUPS; bit++) {
        bits |= (uint32_t)1 << bit;
    }
    return bits;
}

/* Sequences and alternatives. */

static bool read_atom(Compiler *compiler, bool *may_be_empty) {
    uint32_t character = source_take(&compiler->source);
    *may_be_empty = character == '^' || character == '$';
    switch (character) {
    case '(':
        return read_group(compiler, may_be_empty);
    case '[':
        return read_class(compiler);
    case '\\':
        return read_escape(compiler);
    case '.':
        return emit(compiler, (Step){.kind = STEP_ANY});
    case '^':
        return emit(compiler, (Step){.kind = STEP_START});
    case '$':
        return emit(compiler, (Step){.kind = STEP_END});
    default:
        return !point_is_one_of(character, "*+?{}]") && emit_character(compiler, character);
    }
}

static bool read_piece(Compiler *compiler, bool *may_be_empty) {
    uint32_t start = compiler->step_count;
    uint32_t group = compiler->group_count;
    uint32_t least, most;
    if (!read_atom(compiler, may_be_empty)) {
        return false;
    }
    if (!source_is_at_quantifier(&compiler->source)) {
        return true;
    }
    if (*may_be_empty || !source_take_quantifier(&compiler->source, &least, &most)) {
        return false;
    }
    compiler->repeated_groups |= bits_between(group, compiler->group_count);
    *may_be_empty = least == 0;
    return repeat(compiler, start, least, most);
}

static bool is_at_end_of_sequence(const Source *source) {
    uint32_t next = source_ahead(source);
    return next == SOURCE_END || next == '|' || next == ')';
}

static bool read_sequence(Compiler *compiler, bool *may_be_empty) {
    *may_be_empty = true;
    while (!is_at_end_of_sequence(&compiler->source)) {
        bool may_piece_be_empty;
        if (!read_piece(compiler, &may_piece_be_empty)) {
            return false;
        }
        *may_be_empty = *may_be_empty && may_piece_be_empty;
    }
    return true;
}

/* Before each alternative but the last stands a split, behind it a jump to the end. Until the end
 * is known, each jump has the place of the jump before. */
static bool read_alternatives(Compiler *compiler, bool *may_be_empty) {
    uint32_t start = compiler->step_count;
    int32_t last_jump = -1;
    if (!read_sequence(compiler, may_be_empty)) {
        return false;
    }
    while (source_take_if(&compiler->source, '|')) {
        int32_t behind = (int32_t)(compiler->step_count - start) + 2;
        Step split = {.kind = STEP_SPLIT, .first = 1, .second = behind};
        Step jump = {.kind = STEP_JUMP, .first = last_jump};
        bool may_sequence_be_empty;
        if (!insert(compiler, start, split) || !emit(compiler, jump)) {
            return false;
        }
        start = compiler->step_count;
        last_jump = (int32_t)start - 1;
        if (!read_sequence(compiler, &may_sequence_be_empty)) {
            return false;
        }
        *may_be_empty = *may_be_empty || may_sequence_be_empty;
    }
    while (last_jump >= 0) {
        Step *jump = compiler->steps + last_jump;
        int32_t before = jump->first;
        jump->first = (int32_t)compiler->step_count - last_jump;
        last_jump = before;
    }
    return true;
}

/* The finished pattern. */

/* Whether a step takes a character that starts with a byte. Of characters beyond ASCII only what
 * stands behind the first byte tells. */
static bool takes_byte(const Pattern *pattern, const Step *step, uint32_t byte) {
    bool ignored = false;
    bool starts_beyond = byte >= 0xC0;
    if (step->kind == STEP_CHARACTER) {
        return step->value < 0x80 ? byte == step->value : starts_beyond;
    }
    if (byte >= 0x80) {
        return starts_beyond;
    }
    return step->kind == STEP_ANY ? byte != '\n' && byte != '\r'
                                  : point_class_has(pattern->classes + step->value, byte, &ignored);
}

/* Follows every way from the start to the first step that takes a character. `waiting` has room for
 * two more than there are steps. */
static void find_first_bytes(Pattern *pattern, bool *was_seen, uint32_t *waiting) {
    uint32_t count = 0;
    waiting[count++] = 0;
    while (count > 0) {
        uint32_t place = waiting[--count];
        const Step *step = pattern->steps + place;
        if (was_seen[place]) {
            continue;
        }
        was_seen[place] = true;
        if (step->kind == STEP_SPLIT || step->kind == STEP_JUMP) {
            waiting[count++] = (uint32_t)((int32_t)place + step->first);
        }
        if (step->kind == STEP_SPLIT) {
            waiting[count++] = (uint32_t)((int32_t)place + step->second);
        } else if (step->kind >= STEP_START && step->kind <= STEP_MARK) {
            waiting[count++] = place + 1;
        }
        for (uint32_t byte = 0; byte < 256 && step->kind <= STEP_CLASS; byte++) {
            pattern->starts_with[byte] |= takes_byte(pattern, step, byte);
        }
    }
}

static void *copy_of(const void *from, size_t size, Arena *arena) {
    void *copy = arena_take(arena, size);
    return copy == NULL ? NULL : memcpy(copy, from, size);
}

/* The pattern, without what needs scratch memory of its own. */
static Pattern *finished(const Compiler *compiler, bool may_be_empty, Arena *arena) {
    Pattern *pattern = arena_take(arena, sizeof *pattern);
    Step *steps = copy_of(compiler->steps, compiler->step_count * sizeof *steps, arena);
    PointClass *classes =
        copy_of(compiler->classes, compiler->class_count * sizeof *classes, arena);
    if (pattern == NULL || steps == NULL || classes == NULL) {
        return NULL;
    }
    *pattern = (Pattern){
        .steps = steps,
        .classes = classes,
        .step_count = compiler->step_count,
        .group_count = compiler->group_count,
        .repeated_groups = compiler->repeated_groups,
        .is_linear = source_is_linear(compiler->source.text),
        .is_anchored = steps[0].kind == STEP_START,
        .matches_empty = may_be_empty,
    };
    return pattern;
}

static Pattern *compiled(Text source, Arena *scratch, Arena *arena) {
    Compiler *compiler = arena_take(scratch, sizeof *compiler);
    bool *was_seen = arena_take_many(scratch, PATTERN_SIZE_MAX, sizeof *was_seen);
    uint32_t *waiting = arena_take_many(scratch, 2 * PATTERN_SIZE_MAX, sizeof *waiting);
    if (compiler == NULL || was_seen == NULL || waiting == NULL) {
        return NULL;
    }
    memset(was_seen, 0, PATTERN_SIZE_MAX * sizeof *was_seen);
    memset(compiler, 0, sizeof *compiler);
    compiler->source.text = source;
    compiler->group_count = 1;
    bool may_be_empty;
    if (!read_alternatives(compiler, &may_be_empty) || compiler->source.place != source.size ||
        !emit(compiler, (Step){.kind = STEP_FOUND})) {
        return NULL;
    }
    Pattern *pattern = finished(compiler, may_be_empty, arena);
    if (pattern != NULL) {
        find_first_bytes(pattern, was_seen, waiting);
    }
    return pattern;
}

bool pattern_compile(Text source, Text flags, Arena *arena, Pattern **result, Fault *fault) {
    if (flags.size != 0 || source.size > SOURCE_SIZE_MAX) {
        return fault_unsupported(fault);
    }
    Arena scratch;
    arena_start(&scratch, SCRATCH_MAX);
    *result = compiled(source, &scratch, arena);
    arena_end(&scratch);
    return *result != NULL || fault_unsupported(fault);
}
