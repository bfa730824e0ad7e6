#include "casing.h"

#include <stddef.h>

#define ASCII_END 0x80
#define ASCII_DISTANCE 32

typedef enum {
    CASELESS,
    UPPER,  /* capitals, `distance` before their small letters */
    LOWER,  /* small letters, `distance` behind their capitals */
    PAIRS,  /* a capital and its small letter in turn */
    ENDING, /* a capital whose small letter depends on what stands around it */
} Casing;

typedef struct {
    uint32_t first;
    uint32_t last;
    Casing casing;
    int32_t distance;
} Range;

/* Beyond ASCII, in the order of the code points. What is not in here is unknown. */
static const Range RANGES[] = {
    {0x0080, 0x00B4, CASELESS, 0},     {0x00B5, 0x00B5, LOWER, -743},
    {0x00B6, 0x00BF, CASELESS, 0},     {0x00C0, 0x00D6, UPPER, 32},
    {0x00D7, 0x00D7, CASELESS, 0},     {0x00D8, 0x00DE, UPPER, 32},
    {0x00DF, 0x00DF, CASELESS, 0},     {0x00E0, 0x00F6, LOWER, 32},
    {0x00F7, 0x00F7, CASELESS, 0},     {0x00F8, 0x00FE, LOWER, 32},
    {0x00FF, 0x00FF, LOWER, -121},     {0x0100, 0x012F, PAIRS, 0},
    {0x0132, 0x0137, PAIRS, 0},        {0x0138, 0x0138, CASELESS, 0},
    {0x0139, 0x0148, PAIRS, 0},        {0x014A, 0x0177, PAIRS, 0},
    {0x0178, 0x0178, UPPER, -121},     {0x0179, 0x017E, PAIRS, 0},
    {0x0200, 0x021F, PAIRS, 0},        {0x0300, 0x0344, CASELESS, 0},
    {0x0346, 0x036F, CASELESS, 0},     {0x0386, 0x0386, UPPER, 38},
    {0x0387, 0x0387, CASELESS, 0},     {0x0388, 0x038A, UPPER, 37},
    {0x038C, 0x038C, UPPER, 64},       {0x038E, 0x038F, UPPER, 63},
    {0x0391, 0x03A1, UPPER, 32},       {0x03A3, 0x03A3, ENDING, 0},
    {0x03A4, 0x03AB, UPPER, 32},       {0x03AC, 0x03AC, LOWER, 38},
    {0x03AD, 0x03AF, LOWER, 37},       {0x03B1, 0x03C1, LOWER, 32},
    {0x03C2, 0x03C2, LOWER, 31},       {0x03C3, 0x03CB, LOWER, 32},
    {0x03CC, 0x03CC, LOWER, 64},       {0x03CD, 0x03CE, LOWER, 63},
    {0x0400, 0x040F, UPPER, 80},       {0x0410, 0x042F, UPPER, 32},
    {0x0430, 0x044F, LOWER, 32},       {0x0450, 0x045F, LOWER, 80},
    {0x0460, 0x0481, PAIRS, 0},        {0x048A, 0x04BF, PAIRS, 0},
    {0x0590, 0x06FF, CASELESS, 0},     {0x0900, 0x0EFF, CASELESS, 0},
    {0x1E00, 0x1E95, PAIRS, 0},        {0x1EA0, 0x1EFF, PAIRS, 0},
    {0x2000, 0x2125, CASELESS, 0},     {0x2190, 0x24B5, CASELESS, 0},
    {0x2500, 0x2BFF, CASELESS, 0},     {0x2E00, 0xA63F, CASELESS, 0},
    {0xAC00, 0xD7FF, CASELESS, 0},     {0xE000, 0xFAFF, CASELESS, 0},
    {0xFE00, 0xFF20, CASELESS, 0},     {0x1F300, 0x1FAFF, CASELESS, 0},
};
#define RANGE_COUNT (sizeof RANGES / sizeof *RANGES)

static const Range *range_of(uint32_t point) {
    size_t from = 0;
    size_t to = RANGE_COUNT;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (RANGES[middle].last < point) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < RANGE_COUNT && RANGES[from].first <= point ? &RANGES[from] : NULL;
}

static uint32_t moved(uint32_t point, int32_t by) {
    return (uint32_t)((int32_t)point + by);
}

uint32_t casing_upper(uint32_t point) {
    if (point < ASCII_END) {
        return point >= 'a' && point <= 'z' ? point - ASCII_DISTANCE : point;
    }
    const Range *range = range_of(point);
    if (range == NULL) {
        return CASING_UNKNOWN;
    }
    if (range->casing == LOWER) {
        return moved(point, -range->distance);
    }
    return range->casing == PAIRS ? point - (point - range->first) % 2 : point;
}

uint32_t casing_lower(uint32_t point) {
    if (point < ASCII_END) {
        return point >= 'A' && point <= 'Z' ? point + ASCII_DISTANCE : point;
    }
    const Range *range = range_of(point);
    if (range == NULL || range->casing == ENDING) {
        return CASING_UNKNOWN;
    }
    if (range->casing == UPPER) {
        return moved(point, range->distance);
    }
    return range->casing == PAIRS ? point + 1 - (point - range->first) % 2 : point;
}
