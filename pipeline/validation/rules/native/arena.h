#ifndef RULES_ARENA_H
#define RULES_ARENA_H

/* Memory of one check: taken piece by piece, given back all at once.
 *
 * Nothing is freed by itself. Memory is not cleared. An arena belongs to one thread at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef union {
    long long number;
    double inexact;
    void *pointer;
} ArenaUnit;

typedef struct ArenaChunk ArenaChunk;

struct ArenaChunk {
    ArenaChunk *next;
    size_t size; /* of `data`, in bytes */
    ArenaUnit data[];
};

typedef struct {
    ArenaChunk *first;
    ArenaChunk *current; /* NULL until something is taken */
    size_t used;         /* bytes of the current chunk */
    size_t held;         /* bytes of all chunks */
    size_t bytes_max;    /* `held` never gets greater */
    bool is_full;        /* whether a request was refused since the last reset */
} Arena;

typedef struct {
    ArenaChunk *chunk;
    size_t used;
} ArenaMark;

/* An empty arena; takes no memory yet. */
void arena_start(Arena *arena, size_t bytes_max);

/* The same as `arena_take` where the current chunk has no room. */
void *arena_take_elsewhere(Arena *arena, size_t size);

/* Room for `size` bytes that suits any type; NULL when there would be more than the arena may hold
 * or the system has no memory. */
inline void *arena_take(Arena *arena, size_t size) {
    if (arena->current == NULL || size > arena->current->size - arena->used) {
        return arena_take_elsewhere(arena, size);
    }
    size_t units = size / sizeof(ArenaUnit) + (size % sizeof(ArenaUnit) != 0);
    char *taken = (char *)arena->current->data + arena->used;
    arena->used += units * sizeof(ArenaUnit); /* the size of a chunk is one of whole units */
    return taken;
}

/* Room for `count` things of `size` bytes each; NULL as above, also when the product overflows. */
inline void *arena_take_many(Arena *arena, size_t count, size_t size) {
    bool is_too_much = size != 0 && count > SIZE_MAX / size;
    return is_too_much ? arena_take_elsewhere(arena, SIZE_MAX) : arena_take(arena, count * size);
}

/* Where the arena stands; `arena_rewind` gives back what was taken since. */
inline ArenaMark arena_mark(const Arena *arena) {
    return (ArenaMark){.chunk = arena->current, .used = arena->used};
}

inline void arena_rewind(Arena *arena, ArenaMark mark) {
    arena->current = mark.chunk;
    arena->used = mark.used;
}

/* Everything is given back; one chunk is kept for the next check. */
void arena_reset(Arena *arena);

/* Everything goes back to the system; the arena may be used again. */
void arena_end(Arena *arena);

#endif
