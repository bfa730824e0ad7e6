#include "numeral.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wide.h"

/* With excess precision, as of the x87, results would depend on the compiler. */
#if FLT_EVAL_METHOD != 0
#error "doubles must be computed as doubles"
#endif

#define COEFFICIENT_DIGITS 39       /* of 2**128 */
#define DOUBLE_DIGITS_MAX 800       /* 767 decide about rounding; longer numerals are refused */
#define EXPONENT_MAX 100000         /* far out of the range of doubles */
#define EXACT_POWER_MAX 22          /* 10**22 is the greatest power of ten that is a double */
#define EXACT_WHOLE_MAX ((uint64_t)1 << 53)
#define SURE_DIGITS 15              /* every decimal of 15 digits survives being a double */
#define MANTISSA_BITS 53
#define POWER_OF_FIVE_MAX 55        /* 5**55 is the greatest one below 2**128 */

static const double POWERS[EXACT_POWER_MAX + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

/* Decimals. */

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* One more digit; false when the coefficient gets too long. */
static bool append_digit(Decimal *value, char byte) {
    uint64_t digit = (uint64_t)(byte - '0');
    if (value->high == 0 && value->low <= (UINT64_MAX - 9) / 10) {
        value->low = value->low * 10 + digit;
        return true;
    }
    Wide longer = wide_of(value->high, value->low);
    Wide added = wide_of(0, digit);
    return wide_scale(&longer, 1) && wide_add(&longer, &added) &&
           wide_to_words(&longer, &value->high, &value->low);
}

typedef enum { NUMERAL, NO_NUMERAL, LONG_NUMERAL } Reading;

/* Reads a sign, digits and perhaps a point with digits around it. */
static Reading read_decimal(Text text, bool may_have_point, Decimal *value) {
    uint32_t place = text.size != 0 && (text.at[0] == '-' || text.at[0] == '+');
    bool has_point = false, has_digits = false, fits = true;
    *value = (Decimal){.is_negative = place != 0 && text.at[0] == '-'};
    for (; place < text.size; place++) {
        char byte = text.at[place];
        if (is_digit(byte)) {
            fits = fits && append_digit(value, byte);
            value->places = (uint16_t)(value->places + has_point);
            has_digits = true;
        } else if (byte == '.' && may_have_point && !has_point) {
            has_point = true;
        } else {
            return NO_NUMERAL;
        }
    }
    return !has_digits ? NO_NUMERAL : fits ? NUMERAL : LONG_NUMERAL;
}

static bool parse(Text text, bool may_have_point, FaultKind kind, Decimal *result, Fault *fault) {
    Text trimmed = text_trim(text);
    Decimal value;
    Reading reading = read_decimal(trimmed, may_have_point, &value);
    if (reading == NO_NUMERAL) {
        return fault_about(fault, kind, text);
    }
    if (trimmed.size > NUMERAL_SIZE_MAX) {
        return fault_of(fault, FAULT_LONG_NUMBER);
    }
    if (reading == LONG_NUMERAL) {
        return fault_unsupported(fault);
    }
    *result = value;
    return true;
}

bool decimal_parse(Text text, Decimal *result, Fault *fault) {
    return parse(text, true, FAULT_NO_DECIMAL, result, fault);
}

bool integer_parse(Text text, Decimal *result, Fault *fault) {
    if (!parse(text, false, FAULT_NO_INTEGER, result, fault)) {
        return false;
    }
    result->is_negative = result->is_negative && !decimal_is_zero(result);
    return true;
}

/* Digits without zeros in front; gives their number, at most COEFFICIENT_DIGITS. */
static uint32_t write_coefficient(const Decimal *value, char *room) {
    char digits[COEFFICIENT_DIGITS];
    char *end = digits + sizeof digits;
    char *at = end;
    Wide rest = wide_of(value->high, value->low);
    uint64_t high, low = value->low;
    while (wide_to_words(&rest, &high, &low) && high != 0) {
        *--at = (char)('0' + wide_divide_by(&rest, 10));
    }
    for (; low != 0; low /= 10) {
        *--at = (char)('0' + low % 10);
    }
    memcpy(room, at, (size_t)(end - at));
    return (uint32_t)(end - at);
}

/* Doubles. */

/* Digits, of which the last stands for a power of ten. */
typedef struct {
    char digits[DOUBLE_DIGITS_MAX + 16]; /* with room for an exponent */
    uint32_t count;
    int32_t exponent;
    bool is_negative;
} Scientific;

/* The nearest double, by the C library: there is no point in the text, so no locale has a say. */
static double nearest(Scientific *number) {
    if (number->count == 0) {
        return number->is_negative ? -0.0 : 0.0;
    }
    char *end = number->digits + number->count;
    snprintf(end, sizeof number->digits - number->count, "e%d", (int)number->exponent);
    double size = strtod(number->digits, NULL);
    return number->is_negative ? -size : size;
}

double decimal_to_double(const Decimal *value) {
    bool is_short = value->high == 0 && value->low <= EXACT_WHOLE_MAX;
    if (is_short && value->places <= EXACT_POWER_MAX) {
        double size = (double)value->low / POWERS[value->places];
        return value->is_negative ? -size : size;
    }
    Scientific number;
    number.count = write_coefficient(value, number.digits);
    number.exponent = -(int32_t)value->places;
    number.is_negative = value->is_negative;
    return nearest(&number);
}

/* The exponent from `place` on, 0 for the end of the text; false when there is something else. What
 * is out of the range of doubles is cut off out of range. */
static bool read_exponent(Text text, uint32_t place, int32_t *exponent) {
    *exponent = 0;
    if (place == text.size) {
        return true;
    }
    bool has_letter = text.at[place] == 'e' || text.at[place] == 'E';
    place++;
    bool is_negative = place < text.size && text.at[place] == '-';
    place += place < text.size && (text.at[place] == '-' || text.at[place] == '+');
    if (!has_letter || place == text.size) {
        return false;
    }
    int32_t size = 0;
    for (; place < text.size; place++) {
        if (!is_digit(text.at[place])) {
            return false;
        }
        size = size * 10 + (text.at[place] - '0');
        size = size > EXPONENT_MAX ? EXPONENT_MAX : size;
    }
    *exponent = is_negative ? -size : size;
    return true;
}

/* Adds a digit, unless it is a zero in front; false when there are too many. */
static bool add_digit(Scientific *number, char digit) {
    if (number->count == 0 && digit == '0') {
        return true;
    }
    if (number->count == DOUBLE_DIGITS_MAX) {
        return false;
    }
    number->digits[number->count++] = digit;
    return true;
}

static Reading read_double(Text text, Scientific *number) {
    uint32_t place = text.size != 0 && (text.at[0] == '-' || text.at[0] == '+');
    bool has_point = false, has_digits = false, fits = true;
    int32_t places = 0;
    number->count = 0;
    number->exponent = 0;
    number->is_negative = place != 0 && text.at[0] == '-';
    for (; place < text.size; place++) {
        char byte = text.at[place];
        if (is_digit(byte)) {
            fits = fits && add_digit(number, byte) && places < EXPONENT_MAX;
            places += has_point && fits;
            has_digits = true;
        } else if (byte == '.' && !has_point) {
            has_point = true;
        } else {
            break;
        }
    }
    if (!has_digits || !read_exponent(text, place, &number->exponent)) {
        return NO_NUMERAL;
    }
    number->exponent -= places;
    return fits ? NUMERAL : LONG_NUMERAL;
}

/* The value of at most 15 digits times a small power of ten, which needs one exact operation. */
static double value_of_short(const Scientific *number) {
    uint64_t whole = 0;
    for (uint32_t place = 0; place < number->count; place++) {
        whole = whole * 10 + (uint64_t)(number->digits[place] - '0');
    }
    double size = number->exponent < 0 ? (double)whole / POWERS[-number->exponent]
                                       : (double)whole * POWERS[number->exponent];
    return number->is_negative ? -size : size;
}

static bool is_named(Text text, double *result) {
    bool is_infinite = text_equal(text, TEXT_OF("INF"));
    bool is_below_all = text_equal(text, TEXT_OF("-INF"));
    *result = is_infinite ? (double)INFINITY : is_below_all ? -(double)INFINITY : (double)NAN;
    return is_infinite || is_below_all || text_equal(text, TEXT_OF("NaN"));
}

bool double_parse(Text text, double *result, Fault *fault) {
    Text trimmed = text_trim(text);
    Scientific number;
    Reading reading = read_double(trimmed, &number);
    if (reading == LONG_NUMERAL) {
        return fault_unsupported(fault);
    }
    if (reading == NO_NUMERAL) {
        return is_named(trimmed, result) || fault_about(fault, FAULT_NO_NUMBER, text);
    }
    bool is_short = number.count <= SURE_DIGITS && number.exponent >= -EXACT_POWER_MAX &&
                    number.exponent <= EXACT_POWER_MAX;
    *result = is_short ? value_of_short(&number) : nearest(&number);
    return true;
}

bool decimal_of_double(double value, Decimal *result, Fault *fault) {
    int exponent;
    uint64_t mantissa = (uint64_t)ldexp(frexp(fabs(value), &exponent), MANTISSA_BITS);
    exponent -= MANTISSA_BITS;
    for (; exponent < 0 && mantissa % 2 == 0 && mantissa != 0; exponent++) {
        mantissa /= 2;
    }
    Decimal exact = {.is_negative = signbit(value) != 0};
    if (mantissa == 0) {
        *result = exact;
        return true;
    }
    if (exponent < -POWER_OF_FIVE_MAX || exponent > 128) {
        return fault_unsupported(fault);
    }
    Wide coefficient = wide_of(0, mantissa);
    bool fits = true;
    for (int step = 0; step < abs(exponent); step++) {
        fits = fits && wide_multiply_by(&coefficient, exponent < 0 ? 5 : 2);
    }
    if (!fits || !wide_to_words(&coefficient, &exact.high, &exact.low)) {
        return fault_unsupported(fault);
    }
    exact.places = (uint16_t)(exponent < 0 ? -exponent : 0);
    *result = exact;
    return true;
}

/* Writing. */

static char *fill(char *at, const char *bytes, uint32_t count) {
    memcpy(at, bytes, count);
    return at + count;
}

static char *fill_zeros(char *at, int32_t count) {
    for (; count > 0; count--) {
        *at++ = '0';
    }
    return at;
}

/* Digits, the last of which stands for 10**exponent, without exponent and zeros at the end. */
static bool positional(Scientific *number, Arena *arena, Text *result, Fault *fault) {
    while (number->exponent < 0 && number->count > 0 && number->digits[number->count - 1] == '0') {
        number->count--;
        number->exponent++;
    }
    int32_t exponent = number->count == 0 ? 0 : number->exponent;
    int32_t before = (int32_t)number->count + exponent; /* digits before the point */
    char *room = arena_take(arena, number->count + (uint32_t)abs(exponent) + 3);
    if (room == NULL) {
        return fault_unsupported(fault);
    }
    uint32_t whole = before < 0 ? 0 : exponent < 0 ? (uint32_t)before : number->count;
    char *at = fill(room, "-", number->is_negative && number->count != 0);
    at = before <= 0 ? fill(at, "0", 1) : fill(at, number->digits, whole);
    at = fill_zeros(at, exponent);
    if (whole < number->count) {
        at = fill_zeros(fill(at, ".", 1), -before);
        at = fill(at, number->digits + whole, number->count - whole);
    }
    *result = (Text){room, (uint32_t)(at - room)};
    return true;
}

bool decimal_text(const Decimal *value, Arena *arena, Text *result, Fault *fault) {
    Scientific number;
    number.count = write_coefficient(value, number.digits);
    number.exponent = -(int32_t)value->places;
    number.is_negative = value->is_negative;
    return positional(&number, arena, result, fault);
}

/* The digits of a finite double other than zero, rounded to `count`, zeros at the end left out. */
static void round_to(double value, int count, Scientific *number) {
    char written[32];
    snprintf(written, sizeof written, "%.*e", count - 1, fabs(value));
    number->count = 0;
    const char *at = written;
    for (; *at != 'e'; at++) {
        if (is_digit(*at)) {
            number->digits[number->count++] = *at;
        }
    }
    number->exponent = (int32_t)strtol(at + 1, NULL, 10) - count + 1;
    number->is_negative = value < 0;
    while (number->digits[number->count - 1] == '0') {
        number->count--;
        number->exponent++;
    }
}

static bool is_power_of_two(double value) {
    int exponent;
    return frexp(fabs(value), &exponent) == 0.5;
}

/* The fewest digits that only this double is nearest to, and of those the nearest to it. False
 * where the neighbours of a power of two, which are not equally far, may allow for a digit less. */
static bool shortest(double value, Scientific *number) {
    int count = fabs(value) < DBL_MIN ? 1 : SURE_DIGITS;
    for (; count < DBL_DECIMAL_DIG; count++) {
        round_to(value, count, number);
        if (nearest(number) == value) {
            return true;
        }
    }
    round_to(value, count, number);
    return !is_power_of_two(value);
}

static bool scientific(const Scientific *number, Arena *arena, Text *result, Fault *fault) {
    char *room = arena_take(arena, number->count + 16);
    if (room == NULL) {
        return fault_unsupported(fault);
    }
    char *at = fill(room, "-", number->is_negative);
    at = fill(fill(at, number->digits, 1), ".", 1);
    at = number->count > 1 ? fill(at, number->digits + 1, number->count - 1) : fill(at, "0", 1);
    int power = number->exponent + (int)number->count - 1;
    at += snprintf(at, 8, "E%d", power);
    *result = (Text){room, (uint32_t)(at - room)};
    return true;
}

bool double_text(double value, Arena *arena, Text *result, Fault *fault) {
    if (isnan(value)) {
        *result = TEXT_OF("NaN");
    } else if (isinf(value)) {
        *result = value > 0 ? TEXT_OF("INF") : TEXT_OF("-INF");
    } else if (value == 0) {
        *result = signbit(value) ? TEXT_OF("-0") : TEXT_OF("0");
    } else {
        Scientific number;
        if (!shortest(value, &number)) {
            return fault_unsupported(fault);
        }
        bool is_plain = fabs(value) >= 1e-6 && fabs(value) < 1e6;
        return is_plain ? positional(&number, arena, result, fault)
                        : scientific(&number, arena, result, fault);
    }
    return true;
}
