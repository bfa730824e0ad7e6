#ifndef RULES_BASE64_H
#define RULES_BASE64_H

/* Base64 in pieces, as xsd:base64Binary has it: white space anywhere, whole groups of four, and no
 * bits left over in the last one. Decodes, or only looks. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t bits;    /* of the group that is not whole yet */
    uint32_t digits;  /* in that group, padding included */
    uint32_t padding; /* seen so far: after it only white space may come once the group is whole */
    bool is_bad;
} Base64;

/* Reads a piece. `to` has room for three bytes for every four of all pieces so far, or is NULL;
 * gives the number of bytes that were written. */
size_t base64_read(Base64 *base64, const char *text, size_t size, unsigned char *to);

/* Whether all pieces together are base64. */
bool base64_is_whole(const Base64 *base64);

#endif
