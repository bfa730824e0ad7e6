#ifndef RULES_NUMBER_H
#define RULES_NUMBER_H

/* Numbers of any type, and what XPath does when the types differ.
 *
 * Where both types are known beforehand to be exact, use decimal.h; where both are doubles, C's
 * own operators for + - * and comparison, and the double_... functions here for the rest. */

#include <stdbool.h>
#include <stddef.h>

#include "decimal.h"
#include "numeral.h"

typedef enum { NUMBER_INTEGER, NUMBER_DECIMAL, NUMBER_DOUBLE } NumberKind;

typedef struct {
    NumberKind kind;
    union {
        Decimal exact; /* of an integer too */
        double inexact;
    } as;
} Number;

typedef enum {
    RELATION_EQUAL,
    RELATION_NOT_EQUAL,
    RELATION_LESS,
    RELATION_LESS_OR_EQUAL,
    RELATION_GREATER,
    RELATION_GREATER_OR_EQUAL,
} Relation;

Number number_of_int(int64_t value);
Number number_of_decimal(Decimal value);
Number number_of_double(double value);

/* xs:boolean of a text. FAULT_NO_BOOLEAN. */
bool boolean_parse(Text text, bool *result, Fault *fault);

/* Whether a relation holds for what a comparison function gave. */
bool relation_of_order(Relation relation, int order);
bool relation_of_doubles(Relation relation, double left, double right); /* NaN: only != holds */
bool relation_of_numbers(Relation relation, const Number *left, const Number *right);

/* `+ - * div idiv mod`: doubles when one is a double. */
bool number_add(const Number *left, const Number *right, Number *result, Fault *fault);
bool number_subtract(const Number *left, const Number *right, Number *result, Fault *fault);
bool number_multiply(const Number *left, const Number *right, Number *result, Fault *fault);
bool number_divide(const Number *left, const Number *right, Number *result, Fault *fault);
bool number_divide_whole(const Number *left, const Number *right, Number *result, Fault *fault);
bool number_remainder(const Number *left, const Number *right, Number *result, Fault *fault);

Number number_negative(const Number *value);
Number number_absolute(const Number *value);
Number number_round(const Number *value); /* fn:round: halves go towards positive infinity */
Number number_floor(const Number *value);
Number number_ceiling(const Number *value);

/* fn:min (is_greatest false) and fn:max of at least one number. fn:sum is number_add from the
 * integer 0, fn:avg that divided by the count. */
Number number_extreme(const Number *values, size_t count, bool is_greatest);

double double_divide(double left, double right);
double double_remainder(double left, double right);
double double_round(double value);

/* xs:double, xs:decimal, xs:integer and xs:boolean of a number. */
double number_to_double(const Number *value);
bool number_to_decimal(const Number *value, Decimal *result, Fault *fault);
bool number_to_integer(const Number *value, Decimal *result, Fault *fault);
bool number_truth(const Number *value); /* also the effective boolean value */

/* fn:string. */
bool number_text(const Number *value, Arena *arena, Text *result, Fault *fault);

/* fn:substring; `length` may be NULL. A missing start is FAULT_NO_START, for the caller to see. */
bool number_substring(Text text, const Number *start, const Number *length, Text *result,
                      Fault *fault);

#endif
