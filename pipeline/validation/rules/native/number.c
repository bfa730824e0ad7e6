#include "number.h"

#include <math.h>

#define WHOLE_FROM 4503599627370496.0 /* 2**52: doubles from here on have no fraction */
#define PLACE_MAX ((int64_t)1 << 40)  /* behind the end of every text */

Number number_of_int(int64_t value) {
    return (Number){.kind = NUMBER_INTEGER, .as.exact = decimal_of_int(value)};
}

Number number_of_decimal(Decimal value) {
    return (Number){.kind = NUMBER_DECIMAL, .as.exact = value};
}

Number number_of_double(double value) {
    return (Number){.kind = NUMBER_DOUBLE, .as.inexact = value};
}

bool boolean_parse(Text text, bool *result, Fault *fault) {
    Text trimmed = text_trim(text);
    bool is_true = text_equal(trimmed, TEXT_OF("true")) || text_equal(trimmed, TEXT_OF("1"));
    bool is_false = text_equal(trimmed, TEXT_OF("false")) || text_equal(trimmed, TEXT_OF("0"));
    *result = is_true;
    return is_true || is_false || fault_about(fault, FAULT_NO_BOOLEAN, text);
}

/* Comparison. */

bool relation_of_order(Relation relation, int order) {
    switch (relation) {
    case RELATION_EQUAL:
        return order == 0;
    case RELATION_NOT_EQUAL:
        return order != 0;
    case RELATION_LESS:
        return order < 0;
    case RELATION_LESS_OR_EQUAL:
        return order <= 0;
    case RELATION_GREATER:
        return order > 0;
    case RELATION_GREATER_OR_EQUAL:
        return order >= 0;
    }
    return false;
}

bool relation_of_doubles(Relation relation, double left, double right) {
    if (isnan(left) || isnan(right)) {
        return relation == RELATION_NOT_EQUAL;
    }
    return relation_of_order(relation, (left > right) - (left < right));
}

static bool are_exact(const Number *left, const Number *right) {
    return left->kind != NUMBER_DOUBLE && right->kind != NUMBER_DOUBLE;
}

static bool are_integers(const Number *left, const Number *right) {
    return left->kind == NUMBER_INTEGER && right->kind == NUMBER_INTEGER;
}

bool relation_of_numbers(Relation relation, const Number *left, const Number *right) {
    if (are_exact(left, right)) {
        return relation_of_order(relation, decimal_compare(&left->as.exact, &right->as.exact));
    }
    return relation_of_doubles(relation, number_to_double(left), number_to_double(right));
}

/* Arithmetic. */

typedef bool (*Exactly)(const Decimal *, const Decimal *, Decimal *, Fault *);

/* An operation on exact numbers, of which two integers give an integer. */
static bool exactly(Exactly operation, const Number *left, const Number *right, Number *result,
                    Fault *fault) {
    Decimal value;
    if (!operation(&left->as.exact, &right->as.exact, &value, fault)) {
        return false;
    }
    NumberKind kind = are_integers(left, right) ? NUMBER_INTEGER : NUMBER_DECIMAL;
    *result = (Number){.kind = kind, .as.exact = value};
    return true;
}

bool number_add(const Number *left, const Number *right, Number *result, Fault *fault) {
    if (are_exact(left, right)) {
        return exactly(decimal_add, left, right, result, fault);
    }
    *result = number_of_double(number_to_double(left) + number_to_double(right));
    return true;
}

bool number_subtract(const Number *left, const Number *right, Number *result, Fault *fault) {
    if (are_exact(left, right)) {
        return exactly(decimal_subtract, left, right, result, fault);
    }
    *result = number_of_double(number_to_double(left) - number_to_double(right));
    return true;
}

bool number_multiply(const Number *left, const Number *right, Number *result, Fault *fault) {
    if (are_exact(left, right)) {
        Exactly operation = are_integers(left, right) ? integer_multiply : decimal_multiply;
        return exactly(operation, left, right, result, fault);
    }
    *result = number_of_double(number_to_double(left) * number_to_double(right));
    return true;
}

double double_divide(double left, double right) {
    if (right != 0) {
        return left / right;
    }
    if (left == 0 || isnan(left) || isnan(right)) {
        return (double)NAN;
    }
    return copysign((double)INFINITY, left) * copysign(1, right);
}

double double_remainder(double left, double right) {
    return right != 0 && isfinite(left) ? fmod(left, right) : (double)NAN;
}

double double_round(double value) {
    if (!isfinite(value) || fabs(value) >= WHOLE_FROM) {
        return value;
    }
    double whole = floor(value);
    return copysign(value - whole >= 0.5 ? whole + 1 : whole, value);
}

bool number_divide(const Number *left, const Number *right, Number *result, Fault *fault) {
    if (!are_exact(left, right)) {
        *result = number_of_double(double_divide(number_to_double(left), number_to_double(right)));
        return true;
    }
    *result = number_of_int(0);
    result->kind = NUMBER_DECIMAL;
    return decimal_divide(&left->as.exact, &right->as.exact, &result->as.exact, fault);
}

static bool divide_whole_doubles(double left, double right, Number *result, Fault *fault) {
    if (right == 0 || !isfinite(left) || isnan(right)) {
        return fault_of(fault, FAULT_ZERO);
    }
    double whole = left / right;
    *result = number_of_int(0);
    if (!isfinite(whole)) {
        return fault_unsupported(fault); /* the runtime has words of its own for it */
    }
    return decimal_of_double(trunc(whole) + 0.0, &result->as.exact, fault);
}

bool number_divide_whole(const Number *left, const Number *right, Number *result, Fault *fault) {
    if (!are_exact(left, right)) {
        return divide_whole_doubles(number_to_double(left), number_to_double(right), result, fault);
    }
    *result = number_of_int(0);
    return decimal_divide_whole(&left->as.exact, &right->as.exact, &result->as.exact, fault);
}

bool number_remainder(const Number *left, const Number *right, Number *result, Fault *fault) {
    if (are_exact(left, right)) {
        return exactly(decimal_remainder, left, right, result, fault);
    }
    *result = number_of_double(double_remainder(number_to_double(left), number_to_double(right)));
    return true;
}

Number number_negative(const Number *value) {
    Number result = *value;
    if (value->kind == NUMBER_DOUBLE) {
        result.as.inexact = -value->as.inexact;
    } else {
        result.as.exact = decimal_negative(&value->as.exact);
    }
    return result;
}

/* One function for exact numbers, another one for doubles. */
static Number each(const Number *value, Decimal (*of_exact)(const Decimal *),
                   double (*of_double)(double)) {
    Number result = *value;
    if (value->kind == NUMBER_DOUBLE) {
        result.as.inexact = of_double(value->as.inexact);
    } else {
        result.as.exact = of_exact(&value->as.exact);
    }
    return result;
}

/* The runtime goes by way of integers, which know no negative zero. */
static double floor_of(double value) {
    return floor(value) + 0.0;
}

static double ceiling_of(double value) {
    return ceil(value) + 0.0;
}

Number number_absolute(const Number *value) {
    return each(value, decimal_absolute, fabs);
}

Number number_round(const Number *value) {
    return each(value, decimal_round, double_round);
}

Number number_floor(const Number *value) {
    return each(value, decimal_floor, floor_of);
}

Number number_ceiling(const Number *value) {
    return each(value, decimal_ceiling, ceiling_of);
}

static bool is_better(const Number *one, const Number *best, bool is_greatest) {
    return relation_of_numbers(is_greatest ? RELATION_GREATER : RELATION_LESS, one, best);
}

Number number_extreme(const Number *values, size_t count, bool is_greatest) {
    bool has_double = false, has_nan = false;
    for (size_t place = 0; place < count; place++) {
        bool is_double = values[place].kind == NUMBER_DOUBLE;
        has_double = has_double || is_double;
        has_nan = has_nan || (is_double && isnan(values[place].as.inexact));
    }
    if (has_nan) {
        return number_of_double((double)NAN);
    }
    Number best = has_double ? number_of_double(number_to_double(values)) : values[0];
    for (size_t place = 1; place < count; place++) {
        if (is_better(&values[place], &best, is_greatest)) {
            best = has_double ? number_of_double(number_to_double(&values[place])) : values[place];
        }
    }
    return best;
}

/* Casts. */

double number_to_double(const Number *value) {
    return value->kind == NUMBER_DOUBLE ? value->as.inexact : decimal_to_double(&value->as.exact);
}

/* The fault of an infinite double or of one that is no number; neither needs room to be written. */
static bool not_finite(double value, FaultKind kind, Fault *fault) {
    Text text = isnan(value) ? TEXT_OF("NaN") : value > 0 ? TEXT_OF("INF") : TEXT_OF("-INF");
    return fault_about(fault, kind, text);
}

bool number_to_decimal(const Number *value, Decimal *result, Fault *fault) {
    if (value->kind != NUMBER_DOUBLE) {
        *result = value->as.exact;
        return true;
    }
    if (!isfinite(value->as.inexact)) {
        return not_finite(value->as.inexact, FAULT_VALUE_NO_DECIMAL, fault);
    }
    return decimal_of_double(value->as.inexact, result, fault);
}

bool number_to_integer(const Number *value, Decimal *result, Fault *fault) {
    if (value->kind != NUMBER_DOUBLE) {
        *result = decimal_truncate(&value->as.exact);
        return true;
    }
    if (!isfinite(value->as.inexact)) {
        return not_finite(value->as.inexact, FAULT_VALUE_NO_INTEGER, fault);
    }
    return decimal_of_double(trunc(value->as.inexact) + 0.0, result, fault);
}

bool number_truth(const Number *value) {
    if (value->kind == NUMBER_DOUBLE) {
        return !isnan(value->as.inexact) && value->as.inexact != 0;
    }
    return !decimal_is_zero(&value->as.exact);
}

bool number_text(const Number *value, Arena *arena, Text *result, Fault *fault) {
    return value->kind == NUMBER_DOUBLE ? double_text(value->as.inexact, arena, result, fault)
                                        : decimal_text(&value->as.exact, arena, result, fault);
}

/* fn:substring. */

/* A whole number as a place in a text; what is out of every text stays so. */
static int64_t place_of(const Number *value) {
    int64_t place;
    if (value->kind != NUMBER_DOUBLE) {
        int64_t beyond = value->as.exact.is_negative ? -PLACE_MAX : PLACE_MAX;
        return decimal_to_int(&value->as.exact, &place) ? place : beyond;
    }
    double inside = fmin(fmax(value->as.inexact, -(double)PLACE_MAX), (double)PLACE_MAX);
    return (int64_t)inside;
}

static bool is_nan(const Number *value) {
    return value->kind == NUMBER_DOUBLE && isnan(value->as.inexact);
}

bool number_substring(Text text, const Number *start, const Number *length, Text *result,
                      Fault *fault) {
    Number first = number_round(start);
    Number end = number_of_double((double)INFINITY);
    if (length != NULL) {
        Number count = number_round(length);
        bool has_decimal = first.kind == NUMBER_DECIMAL || count.kind == NUMBER_DECIMAL;
        if (has_decimal && !are_exact(&first, &count)) {
            return fault_unsupported(fault); /* a sum that the runtime cannot make either */
        }
        if (!number_add(&first, &count, &end, fault)) {
            return false;
        }
    }
    bool is_empty = is_nan(&first) || is_nan(&end);
    *result = is_empty ? TEXT_OF("") : text_slice(text, place_of(&first), place_of(&end));
    return true;
}
