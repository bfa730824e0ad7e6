#include <string.h>

#include "scan_parts.h"

#define BLOCK 255
#define HIGH_BITS UINT64_C(0x8080808080808080)

#define S BYTE_SPACE
#define V BYTE_ENDS_VALUE
#define N BYTE_IN_NAME
#define L (BYTE_STARTS_NAME | BYTE_IN_NAME)

const uint8_t SCAN_BYTES[256] = {
    ['\t'] = S | V, ['\n'] = S | V, ['\r'] = S | V, [' '] = S,
    ['<'] = V, ['&'] = V, ['"'] = V, ['\''] = V,
    ['-'] = N, ['.'] = N, ['0'] = N, ['1'] = N, ['2'] = N, ['3'] = N, ['4'] = N, ['5'] = N,
    ['6'] = N, ['7'] = N, ['8'] = N, ['9'] = N, ['_'] = L,
    ['A'] = L, ['B'] = L, ['C'] = L, ['D'] = L, ['E'] = L, ['F'] = L, ['G'] = L, ['H'] = L,
    ['I'] = L, ['J'] = L, ['K'] = L, ['L'] = L, ['M'] = L, ['N'] = L, ['O'] = L, ['P'] = L,
    ['Q'] = L, ['R'] = L, ['S'] = L, ['T'] = L, ['U'] = L, ['V'] = L, ['W'] = L, ['X'] = L,
    ['Y'] = L, ['Z'] = L,
    ['a'] = L, ['b'] = L, ['c'] = L, ['d'] = L, ['e'] = L, ['f'] = L, ['g'] = L, ['h'] = L,
    ['i'] = L, ['j'] = L, ['k'] = L, ['l'] = L, ['m'] = L, ['n'] = L, ['o'] = L, ['p'] = L,
    ['q'] = L, ['r'] = L, ['s'] = L, ['t'] = L, ['u'] = L, ['v'] = L, ['w'] = L, ['x'] = L,
    ['y'] = L, ['z'] = L,
};

typedef struct {
    uint8_t tags, signs;
    uint8_t forbidden, references, carriages, brackets; /* 0 for none */
    uint8_t all; /* bits that any byte has */
} Look;

/* Counted in bytes and without a branch, which compilers turn into a few wide instructions. */
static Look look_at(const unsigned char *at, size_t size)
{
    Look look = {0};
    for (size_t place = 0; place < size; place++) {
        uint8_t byte = at[place];
        look.tags = (uint8_t)(look.tags + (byte == '<'));
        look.signs = (uint8_t)(look.signs + (byte == '='));
        look.forbidden |= (byte < ' ') & (byte != '\t') & (byte != '\n') & (byte != '\r');
        look.references |= byte == '&';
        look.carriages |= byte == '\r';
        look.brackets |= byte == ']';
        look.all |= byte;
    }
    return look;
}

/* Of the continuation bytes of a character the first, which may not be everything. */
static bool may_follow(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xE0:
        return second >= 0xA0 && second <= 0xBF;
    case 0xED: /* surrogates */
        return second >= 0x80 && second <= 0x9F;
    case 0xF0:
        return second >= 0x90 && second <= 0xBF;
    case 0xF4:
        return second >= 0x80 && second <= 0x8F;
    default:
        return (second & 0xC0) == 0x80;
    }
}

/* The size of the character at `at`, which is no ASCII; 0 when it is none of XML. */
static size_t character_size(const unsigned char *at, size_t left)
{
    unsigned char first = at[0];
    size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (size == 0 || size > left || !may_follow(first, at[1]))
        return 0;
    for (size_t place = 2; place < size; place++)
        if ((at[place] & 0xC0) != 0x80)
            return 0;
    bool is_no_character = first == 0xEF && at[1] == 0xBF && at[2] > 0xBD;
    return is_no_character ? 0 : size;
}

static bool is_ascii_word(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return (word & HIGH_BITS) == 0;
}

static bool is_utf_8(const unsigned char *at, const unsigned char *end)
{
    while (at < end) {
        if ((size_t)(end - at) >= sizeof(uint64_t) && is_ascii_word(at)) {
            at += sizeof(uint64_t);
            continue;
        }
        size_t size = *at < 0x80 ? 1 : character_size(at, (size_t)(end - at));
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

bool look_over(Scan *scan, const char *data, size_t size)
{
    const unsigned char *at = (const unsigned char *)data, *end = at + size;
    uint8_t all = 0, forbidden = 0;
    for (const unsigned char *block = at; block < end;) {
        size_t step = end - block < BLOCK ? (size_t)(end - block) : BLOCK;
        Look look = look_at(block, step);
        scan->tags += look.tags;
        scan->signs += look.signs;
        scan->has_references |= look.references != 0;
        scan->has_carriages |= look.carriages != 0;
        scan->has_brackets |= look.brackets != 0;
        forbidden |= look.forbidden;
        all |= look.all;
        block += step;
    }
    return forbidden == 0 && ((all & 0x80) == 0 || is_utf_8(at, end));
}

uint32_t scan_lines(const char *at, const char *end)
{
    uint32_t lines = 0;
    for (; at < end; at++)
        lines += *at == '\n' || (*at == '\r' && (at + 1 == end || at[1] != '\n'));
    return lines;
}
