#ifndef RULES_VECTOR_H
#define RULES_VECTOR_H

/* Arrays that grow while a document is read and are used again for the next one. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    void *items;
    uint32_t count;
    uint32_t capacity;
} Vector;

/* The same as `vector_reserve` where there is no room yet. */
bool vector_grow(Vector *vector, uint32_t more, size_t size);

/* Room for `more` items of `size` bytes after the last one; false when there is no memory. Items
 * may move. */
static inline bool vector_reserve(Vector *vector, uint32_t more, size_t size)
{
    return more <= vector->capacity - vector->count || vector_grow(vector, more, size);
}

/* No items; memory over `bytes_kept` goes back to the system. */
void vector_clear(Vector *vector, size_t size, size_t bytes_kept);

void vector_end(Vector *vector);

#endif
