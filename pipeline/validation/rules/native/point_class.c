#include "point_class.h"

#define ASCII_END 0x80

static void add_to_ascii(PointClass *class, uint32_t point) {
    class->ascii[point / 32] |= (uint32_t)1 << point % 32;
}

bool point_class_add(PointClass *class, uint32_t first, uint32_t last) {
    if (first > last) {
        return false;
    }
    for (uint32_t point = first; point <= last && point < ASCII_END; point++) {
        add_to_ascii(class, point);
    }
    if (last < ASCII_END) {
        return true;
    }
    if (class->beyond_count == POINT_RANGES_MAX) {
        return false;
    }
    uint32_t start = first < ASCII_END ? ASCII_END : first;
    class->beyond[class->beyond_count++] = (PointRange){start, last};
    return true;
}

void point_class_add_spaces(PointClass *class) {
    add_to_ascii(class, '\t');
    add_to_ascii(class, '\n');
    add_to_ascii(class, '\r');
    add_to_ascii(class, ' ');
}

void point_class_add_digits(PointClass *class) {
    point_class_add(class, '0', '9');
    class->has_digits = true;
}

void point_class_add_non_digits(PointClass *class) {
    point_class_add(class, 0, '0' - 1);
    point_class_add(class, '9' + 1, ASCII_END - 1);
    class->has_non_digits = true;
}

/* Whether the character is surely no digit: Latin, Greek and Cyrillic letters, punctuation, signs,
 * Chinese and Japanese characters. Which others are digits depends on the version of Unicode. */
static bool is_no_digit(uint32_t point) {
    return point < 0x0660 || (point >= 0x1E00 && point < 0x2C00) ||
           (point >= 0x3000 && point < 0xA000);
}

static bool is_in_ranges(const PointClass *class, uint32_t point) {
    for (uint32_t place = 0; place < class->beyond_count; place++) {
        if (point >= class->beyond[place].first && point <= class->beyond[place].last) {
            return true;
        }
    }
    return false;
}

bool point_class_has(const PointClass *class, uint32_t point, bool *is_unknown) {
    if (point < ASCII_END) {
        return (class->ascii[point / 32] >> point % 32 & 1) != class->is_negative;
    }
    bool is_in = is_in_ranges(class, point);
    if (!is_in && (class->has_digits || class->has_non_digits)) {
        *is_unknown = *is_unknown || !is_no_digit(point);
        is_in = class->has_non_digits;
    }
    return is_in != class->is_negative;
}
