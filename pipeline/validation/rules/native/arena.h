#ifndef RULES_ARENA_H
#define RULES_ARENA_H

/* Memory of one check: taken piece by piece, given back all at once.
 *
 * Nothing is freed by itself. Memory is not cleared. An arena belongs to one thread at a time. */

#include <stdbool.h>
#include <stddef.h>

typedef struct ArenaChunk ArenaChunk;

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

/* Room for `size` bytes that suits any type; NULL when there would be more than the arena may hold
 * or the system has no memory. */
void *arena_take(Arena *arena, size_t size);

/* Room for `count` things of `size` bytes each; NULL as above, also when the product overflows. */
void *arena_take_many(Arena *arena, size_t count, size_t size);

/* Where the arena stands; `arena_rewind` gives back what was taken since. */
ArenaMark arena_mark(const Arena *arena);
void arena_rewind(Arena *arena, ArenaMark mark);

/* Everything is given back; one chunk is kept for the next check. */
void arena_reset(Arena *arena);

/* Everything goes back to the system; the arena may be used again. */
void arena_end(Arena *arena);

#endif
