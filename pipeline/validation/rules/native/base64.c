#include "base64.h"

#define PAD 64
#define SPACE 65
#define BAD 66
#define NO BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD

/* The value of each character. */
static const uint8_t VALUES[256] = {
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, SPACE, SPACE, BAD, BAD, SPACE, BAD, BAD,
    NO, NO,
    SPACE, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, 62, BAD, BAD, BAD, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, BAD, BAD, BAD, PAD, BAD, BAD,
    BAD, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, BAD, BAD, BAD, BAD, BAD,
    BAD, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, BAD, BAD, BAD, BAD, BAD,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};

static unsigned char *write_group(uint32_t bits, uint32_t bytes, unsigned char *to)
{
    for (uint32_t byte = 0; byte < bytes; byte++)
        *to++ = (unsigned char)(bits >> (16 - 8 * byte));
    return to;
}

/* Bits that the padded last group does not use have to be 0. */
static bool has_bits_left(const Base64 *base64)
{
    uint32_t unused = base64->padding * 8;
    return (base64->bits & ((1U << unused) - 1)) != 0;
}

static unsigned char *read_character(Base64 *base64, uint8_t value, unsigned char *to)
{
    if (value == SPACE)
        return to;
    bool is_padding = value == PAD;
    bool is_early = is_padding && base64->digits < 2;
    bool is_late = !is_padding && base64->padding > 0;
    bool is_over = base64->padding > 0 && base64->digits == 0;
    if (value == BAD || is_early || is_late || is_over) {
        base64->is_bad = true;
        return to;
    }
    base64->padding += is_padding;
    base64->bits = base64->bits << 6 | (is_padding ? 0 : value);
    if (++base64->digits < 4)
        return to;
    base64->is_bad = base64->is_bad || has_bits_left(base64);
    if (to != NULL)
        to = write_group(base64->bits, 3 - base64->padding, to);
    base64->digits = 0;
    base64->bits = 0;
    return to;
}

size_t base64_read(Base64 *base64, const char *text, size_t size, unsigned char *to)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + size;
    unsigned char *next = to;
    while (at < end && !base64->is_bad) {
        /* Whole groups on their own: nearly all of a large object. */
        while (end - at >= 4 && base64->digits == 0 && base64->padding == 0) {
            uint32_t a = VALUES[at[0]], b = VALUES[at[1]], c = VALUES[at[2]], d = VALUES[at[3]];
            if ((a | b | c | d) >= PAD)
                break;
            if (next != NULL)
                next = write_group(a << 18 | b << 12 | c << 6 | d, 3, next);
            at += 4;
        }
        if (at < end)
            next = read_character(base64, VALUES[*at++], next);
    }
    return next == NULL ? 0 : (size_t)(next - to);
}

bool base64_is_whole(const Base64 *base64) { return !base64->is_bad && base64->digits == 0; }
