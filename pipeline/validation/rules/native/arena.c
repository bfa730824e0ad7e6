#include "arena.h"

#include <stdint.h>
#include <stdlib.h>

/* A sanitised build sets ARENA_CHUNK_MOST to 0: then every piece is an allocation of its own, and
 * a step behind its end is seen. */
#ifndef ARENA_CHUNK_MOST
#define ARENA_CHUNK_MOST ((size_t)4 << 20)
#endif
#define CHUNK_LEAST ((size_t)64 << 10)

extern inline void *arena_take(Arena *arena, size_t size);
extern inline void *arena_take_many(Arena *arena, size_t count, size_t size);
extern inline ArenaMark arena_mark(const Arena *arena);
extern inline void arena_rewind(Arena *arena, ArenaMark mark);

void arena_start(Arena *arena, size_t bytes_max) {
    *arena = (Arena){.bytes_max = bytes_max};
}

/* Chunks double, so that a large document costs few calls and a small one little memory. */
static size_t chunk_size(const Arena *arena, size_t needed) {
    size_t size = arena->held < CHUNK_LEAST ? CHUNK_LEAST : arena->held;
    size_t free = arena->bytes_max - arena->held;
    size = size > ARENA_CHUNK_MOST ? ARENA_CHUNK_MOST : size;
    size = size > free ? free : size;
    size -= size % sizeof(ArenaUnit);
    return size < needed ? needed : size;
}

/* A new chunk behind the current one. */
static ArenaChunk *add_chunk(Arena *arena, size_t needed) {
    if (needed > arena->bytes_max - arena->held) {
        return NULL;
    }
    size_t size = chunk_size(arena, needed);
    ArenaChunk *chunk = malloc(sizeof *chunk + size);
    if (chunk == NULL) {
        return NULL;
    }
    ArenaChunk **place = arena->current == NULL ? &arena->first : &arena->current->next;
    chunk->size = size;
    chunk->next = *place;
    *place = chunk;
    arena->held += size;
    return chunk;
}

/* The next chunk, which a rewind may have left behind. */
static bool enter_next(Arena *arena, size_t needed) {
    ArenaChunk *next = arena->current == NULL ? arena->first : arena->current->next;
    if (next == NULL || next->size < needed) {
        next = add_chunk(arena, needed);
    }
    if (next == NULL) {
        return false;
    }
    arena->current = next;
    arena->used = 0;
    return true;
}

void *arena_take_elsewhere(Arena *arena, size_t size) {
    size_t units = size / sizeof(ArenaUnit) + (size % sizeof(ArenaUnit) != 0);
    size_t room = size > SIZE_MAX / 4 ? SIZE_MAX / 4 : units * sizeof(ArenaUnit);
    if (!enter_next(arena, room)) {
        arena->is_full = true;
        return NULL;
    }
    arena->used = room;
    return arena->current->data;
}

static void free_from(Arena *arena, ArenaChunk *chunk) {
    while (chunk != NULL) {
        ArenaChunk *next = chunk->next;
        arena->held -= chunk->size;
        free(chunk);
        chunk = next;
    }
}

void arena_reset(Arena *arena) {
    if (arena->first != NULL) {
        free_from(arena, arena->first->next);
        arena->first->next = NULL;
    }
    arena_rewind(arena, (ArenaMark){.chunk = arena->first});
    arena->is_full = false;
}

void arena_end(Arena *arena) {
    free_from(arena, arena->first);
    arena_start(arena, arena->bytes_max);
}
