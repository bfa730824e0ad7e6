#include "vector.h"

#include <stdlib.h>

#define COUNT_MAX (UINT32_MAX / 2)
#define FIRST_CAPACITY 256

bool vector_grow(Vector *vector, uint32_t more, size_t size)
{
    if (more > COUNT_MAX || vector->count > COUNT_MAX - more)
        return false;
    uint32_t capacity = vector->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : vector->capacity;
    while (capacity < vector->count + more)
        capacity = capacity > COUNT_MAX / 2 ? COUNT_MAX : capacity * 2;
    if (capacity > SIZE_MAX / size)
        return false;
    void *items = realloc(vector->items, capacity * size);
    if (items == NULL)
        return false;
    vector->items = items;
    vector->capacity = capacity;
    return true;
}

void vector_clear(Vector *vector, size_t size, size_t bytes_kept)
{
    vector->count = 0;
    if (vector->capacity * size > bytes_kept)
        vector_end(vector);
}

void vector_end(Vector *vector)
{
    free(vector->items);
    *vector = (Vector){0};
}
