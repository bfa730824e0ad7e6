#include "search.h"

#include <string.h>

/* Up to this size comparing at every place is faster, and no text can make it slow. */
#define SHORT_PART 32

static bool first_of_short(Text text, Text part, uint32_t *place) {
    const char *at = text.at;
    const char *last = text.at + (text.size - part.size);
    while (at <= last) {
        at = memchr(at, part.at[0], (size_t)(last - at) + 1);
        if (at == NULL) {
            return false;
        }
        if (memcmp(at, part.at, part.size) == 0) {
            *place = (uint32_t)(at - text.at);
            return true;
        }
        at++;
    }
    return false;
}

typedef struct {
    size_t start;
    size_t period;
} Suffix;

/* The greatest suffix of a text in the order of bytes, or in the reversed order. */
static Suffix greatest_suffix(const unsigned char *part, size_t size, bool is_reversed) {
    size_t best = SIZE_MAX; /* one before the start; wraps to 0 with + 1 */
    size_t other = 0;
    size_t offset = 1;
    size_t period = 1;
    while (other + offset < size) {
        unsigned char left = part[other + offset];
        unsigned char right = part[best + offset];
        if (left == right) {
            if (offset == period) {
                other += period;
                offset = 0;
            }
            offset++;
        } else if ((left < right) != is_reversed) {
            other += offset;
            offset = 1;
            period = other - best;
        } else {
            best = other++;
            offset = period = 1;
        }
    }
    return (Suffix){best + 1, period};
}

/* The two-way algorithm of Crochemore and Perrin. The part is cut at a place from which its right
 * half is compared forwards, then its left half backwards. */
static bool first_of_long(Text text, Text part, uint32_t *place) {
    const unsigned char *in = (const unsigned char *)text.at;
    const unsigned char *what = (const unsigned char *)part.at;
    size_t size = part.size;
    Suffix one = greatest_suffix(what, size, false);
    Suffix two = greatest_suffix(what, size, true);
    Suffix cut = one.start > two.start ? one : two;
    bool is_periodic = memcmp(what, what + cut.period, cut.start) == 0;
    size_t rest = size - cut.start;
    size_t jump = is_periodic ? cut.period : (cut.start > rest ? cut.start : rest) + 1;
    size_t known = 0; /* bytes at the start that are known to match */
    for (size_t at = 0; at <= text.size - size;) {
        size_t right = cut.start > known ? cut.start : known;
        while (right < size && what[right] == in[at + right]) {
            right++;
        }
        if (right < size) {
            at += right - cut.start + 1;
            known = 0;
            continue;
        }
        size_t left = cut.start;
        while (left > known && what[left - 1] == in[at + left - 1]) {
            left--;
        }
        if (left <= known) {
            *place = (uint32_t)at;
            return true;
        }
        at += jump;
        known = is_periodic ? size - cut.period : 0;
    }
    return false;
}

bool search_first(Text text, Text part, uint32_t *place) {
    if (part.size == 0) {
        *place = 0;
        return true;
    }
    if (part.size > text.size) {
        return false;
    }
    bool is_short = part.size <= SHORT_PART;
    return is_short ? first_of_short(text, part, place) : first_of_long(text, part, place);
}
