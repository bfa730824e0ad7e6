#include "automaton.h"

#include <stdlib.h>
#include <string.h>

#define BYTES_MAX ((size_t)64 << 20)
#define BUCKETS 4096
#define SPARE_STATES 500 /* more than a real document leads to */
#define FITTING_BITS 6
#define FITTING_MASK ((1u << FITTING_BITS) - 1)

static uint32_t row_of(uint32_t position) { return position >> FITTING_BITS; }
static uint32_t fitting_of(uint32_t position) { return position & FITTING_MASK; }
static uint32_t position_at(uint32_t row, uint32_t fitting)
{
    return row << FITTING_BITS | fitting;
}

static const Row *row_at(const Automaton *automaton, uint32_t position)
{
    return automaton->program->rows + row_of(position);
}

static bool is_there(const Automaton *automaton, uint32_t position)
{
    return fitting_of(position) == row_at(automaton, position)->step_count;
}

static const Step *step_after(const Automaton *automaton, uint32_t position)
{
    const Row *row = row_at(automaton, position);
    return automaton->program->steps + row->steps + fitting_of(position);
}

static bool fits(const Step *step, const NameClass *name)
{
    if (step->kind == STEP_NAME)
        return step->number == name->short_name;
    return step->kind == STEP_ANY || (name->passes >> step->number & 1);
}

static bool find_deep_rows(Automaton *automaton)
{
    const Program *program = automaton->program;
    automaton->deep_rows = arena_take_many(&automaton->arena, program->row_count + 1u, 4);
    if (automaton->deep_rows == NULL)
        return false;
    automaton->deep_count = 0;
    for (uint32_t row = 0; row < program->row_count; row++)
        if (program->rows[row].step_count > 0 && program->steps[program->rows[row].steps].is_deep)
            automaton->deep_rows[automaton->deep_count++] = row;
    return true;
}

/* The state of the document node: every row that starts there. */
static bool add_start(Automaton *automaton)
{
    const Program *program = automaton->program;
    State *start = automaton->states;
    uint32_t *positions = arena_take_many(&automaton->arena, program->row_count + 1u, 4);
    start->next = arena_take_many(&automaton->arena, program->symbol_count + OTHER_SYMBOLS_MAX, 4);
    if (positions == NULL || start->next == NULL)
        return false;
    memset(start->next, 0, (program->symbol_count + OTHER_SYMBOLS_MAX) * sizeof(uint32_t));
    for (uint32_t row = 0; row < program->row_count; row++)
        if (program->rows[row].step_count > 0 && !program->steps[program->rows[row].steps].is_deep)
            positions[start->position_count++] = position_at(row, 0);
    start->positions = positions;
    automaton->state_count = 1;
    return true;
}

static bool begin(Automaton *automaton)
{
    const Program *program = automaton->program;
    Arena *arena = &automaton->arena;
    /* A row adds at most two positions for each of its steps that fit. */
    size_t found_max = 2 * ((size_t)program->step_count + program->row_count) + 1;
    automaton->states = arena_take_many(arena, STATES_MAX, sizeof(State));
    automaton->classes =
        arena_take_many(arena, program->symbol_count + OTHER_SYMBOLS_MAX, sizeof(NameClass));
    automaton->buckets = arena_take_many(arena, BUCKETS, sizeof(uint32_t));
    automaton->found = arena_take_many(arena, found_max, sizeof(uint32_t));
    if (automaton->states == NULL || automaton->classes == NULL || automaton->buckets == NULL ||
        automaton->found == NULL)
        return false;
    memset(automaton->states, 0, STATES_MAX * sizeof(State));
    memset(automaton->buckets, 0, BUCKETS * sizeof(uint32_t));
    automaton->class_count = 0;
    return find_deep_rows(automaton) && add_start(automaton);
}

bool automaton_start(Automaton *automaton, const Program *program)
{
    *automaton = (Automaton){.program = program};
    arena_start(&automaton->arena, BYTES_MAX);
    return begin(automaton);
}

void automaton_end(Automaton *automaton) { arena_end(&automaton->arena); }

bool automaton_tidy(Automaton *automaton)
{
    bool has_room = automaton->state_count <= STATES_MAX - SPARE_STATES &&
                    automaton->class_count <=
                        automaton->program->symbol_count + OTHER_SYMBOLS_MAX / 2 &&
                    !automaton->arena.is_full;
    if (has_room)
        return true;
    arena_reset(&automaton->arena);
    return begin(automaton);
}

uint32_t automaton_class(Automaton *automaton, uint32_t short_name, uint64_t passes)
{
    for (uint32_t number = 0; number < automaton->class_count; number++)
        if (automaton->classes[number].short_name == short_name &&
            automaton->classes[number].passes == passes)
            return number;
    if (automaton->class_count == automaton->program->symbol_count + OTHER_SYMBOLS_MAX)
        return NONE;
    automaton->classes[automaton->class_count] = (NameClass){short_name, passes};
    return automaton->class_count++;
}

static int by_number(const void *left, const void *right)
{
    uint32_t one = *(const uint32_t *)left, other = *(const uint32_t *)right;
    return one < other ? -1 : one > other;
}

static uint32_t without_repetitions(uint32_t *numbers, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t place = 0; place < count; place++)
        if (kept == 0 || numbers[place] != numbers[kept - 1])
            numbers[kept++] = numbers[place];
    return kept;
}

/* Whether the name itself excludes the rule that a position leads to. */
static bool is_excluded(const Automaton *automaton, uint32_t position, const NameClass *name)
{
    const Row *row = row_at(automaton, position);
    if (!is_there(automaton, position) || row->kind != ROW_LOOK || row->of_name == NONE)
        return false;
    return !(name->passes >> row->of_name & 1);
}

static void note(Automaton *automaton, uint32_t *count, uint32_t position, const NameClass *name)
{
    if (!is_excluded(automaton, position, name))
        automaton->found[(*count)++] = position;
}

/* The positions after a step: those that move on, those that stay, those that start anywhere. */
static uint32_t positions_after(Automaton *automaton, const State *from, const NameClass *name)
{
    uint32_t count = 0;
    for (uint32_t place = 0; place < from->position_count; place++) {
        uint32_t position = from->positions[place];
        if (is_there(automaton, position))
            continue;
        const Step *step = step_after(automaton, position);
        if (fits(step, name))
            note(automaton, &count, position + 1, name);
        if (step->is_deep && fitting_of(position) > 0)
            automaton->found[count++] = position;
    }
    for (uint32_t place = 0; place < automaton->deep_count; place++) {
        uint32_t position = position_at(automaton->deep_rows[place], 0);
        if (fits(step_after(automaton, position), name))
            note(automaton, &count, position + 1, name);
    }
    qsort(automaton->found, count, sizeof(uint32_t), by_number);
    return without_repetitions(automaton->found, count);
}

static uint32_t hash_of(const uint32_t *numbers, uint32_t count, uint32_t name_class)
{
    uint32_t hash = 2166136261u ^ name_class;
    for (uint32_t place = 0; place < count; place++)
        hash = (hash ^ numbers[place]) * 16777619u;
    return hash ^ hash >> 15;
}

static bool is_state(const State *state, const uint32_t *positions, uint32_t count, uint32_t hash,
                     uint32_t name_class)
{
    return state->hash == hash && state->name_class == name_class &&
           state->position_count == count &&
           memcmp(state->positions, positions, count * sizeof(uint32_t)) == 0;
}

static uint32_t *place_of(Automaton *automaton, uint32_t count, uint32_t hash, uint32_t name_class)
{
    uint32_t bucket = hash % BUCKETS;
    while (automaton->buckets[bucket] != 0 &&
           !is_state(automaton->states + automaton->buckets[bucket], automaton->found, count, hash,
                     name_class))
        bucket = (bucket + 1) % BUCKETS;
    return automaton->buckets + bucket;
}

static int by_place_in_pattern(const void *left, const void *right)
{
    const Row *one = *(const Row *const *)left, *other = *(const Row *const *)right;
    if (one->number != other->number)
        return one->number < other->number ? -1 : 1;
    if (one->order != other->order)
        return one->order < other->order ? -1 : 1;
    return one < other ? -1 : one > other; /* as a stable sort leaves them */
}

/* Sorts the rows that have arrived into looks, finds and watches. */
static bool sort_rows(Automaton *automaton, State *state)
{
    uint32_t most = state->position_count + 1;
    const Row **looks = arena_take_many(&automaton->arena, most, sizeof *looks);
    uint32_t *numbers = arena_take_many(&automaton->arena, 3 * (size_t)most, sizeof(uint32_t));
    if (looks == NULL || numbers == NULL)
        return false;
    uint32_t *finds = numbers + most, *watches = finds + most;
    for (uint32_t place = 0; place < state->position_count; place++) {
        uint32_t position = state->positions[place];
        const Row *row = row_at(automaton, position);
        if (!is_there(automaton, position))
            continue;
        if (row->kind == ROW_LOOK)
            looks[state->look_count++] = row;
        else if (row->attribute == NONE)
            finds[state->find_count++] = row_of(position);
        else {
            watches[state->watch_count++] = row_of(position);
            state->watched |= attribute_bit(row->attribute);
        }
    }
    qsort(looks, state->look_count, sizeof *looks, by_place_in_pattern);
    for (uint32_t place = 0; place < state->look_count; place++)
        numbers[place] = (uint32_t)(looks[place] - automaton->program->rows);
    state->looks = numbers;
    state->finds = finds;
    state->watches = watches;
    state->is_of_interest = state->look_count > 0 || state->find_count > 0;
    return true;
}

static bool fill_state(Automaton *automaton, State *state, uint32_t count)
{
    uint32_t *positions = arena_take_many(&automaton->arena, count + 1u, sizeof(uint32_t));
    size_t classes = automaton->program->symbol_count + OTHER_SYMBOLS_MAX;
    state->next = arena_take_many(&automaton->arena, classes, sizeof(uint32_t));
    if (positions == NULL || state->next == NULL)
        return false;
    memcpy(positions, automaton->found, count * sizeof(uint32_t));
    memset(state->next, 0, classes * sizeof(uint32_t));
    state->positions = positions;
    state->position_count = count;
    return sort_rows(automaton, state);
}

uint32_t automaton_make(Automaton *automaton, uint32_t from, uint32_t name_class)
{
    const NameClass *name = automaton->classes + name_class;
    uint32_t count = positions_after(automaton, automaton->states + from, name);
    uint32_t hash = hash_of(automaton->found, count, name_class);
    uint32_t *bucket = place_of(automaton, count, hash, name_class);
    if (*bucket == 0) {
        if (automaton->state_count == STATES_MAX)
            return NONE;
        State *state = automaton->states + automaton->state_count;
        *state = (State){
            .short_name = name->short_name, .hash = hash, .name_class = name_class};
        if (!fill_state(automaton, state, count))
            return NONE;
        *bucket = automaton->state_count++;
    }
    automaton->states[from].next[name_class] = *bucket;
    return *bucket;
}
