/* Builtins about numbers, casts and dates. */

#include <math.h>

#include "builtin_parts.h"

static bool number_given(Value *result, Number number)
{
    *result = value_of_number(number);
    return true;
}

static bool none_given(Value *result)
{
    *result = value_none();
    return true;
}

static bool is_text(const Value *value)
{
    return value->kind == VALUE_TEXT || value->kind == VALUE_UNTYPED;
}

/* A truth as the number that it is to Python; anything but numbers is not for this engine. */
static bool number_in(Run *run, const Value *value, Number *number)
{
    if (value->kind == VALUE_BOOLEAN)
        *number = number_of_int(value->as.truth);
    else if (value->kind == VALUE_NUMBER)
        *number = value->as.number;
    else
        return unsupported(run);
    return true;
}

/* -- casts of text */

static bool decimal_in(Run *run, Text text, Value *result)
{
    *result = (Value){.kind = VALUE_NUMBER, .as.number.kind = NUMBER_DECIMAL};
    return decimal_parse(text, &result->as.number.as.exact, &run->fault);
}

bool builtin_to_decimal(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    return is_text(arguments) ? decimal_in(run, arguments[0].as.text, result) : unsupported(run);
}

bool builtin_to_integer(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    if (!is_text(arguments))
        return unsupported(run);
    *result = (Value){.kind = VALUE_NUMBER, .as.number.kind = NUMBER_INTEGER};
    return integer_parse(arguments[0].as.text, &result->as.number.as.exact, &run->fault);
}

bool builtin_to_double(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    if (!is_text(arguments))
        return unsupported(run);
    *result = (Value){.kind = VALUE_NUMBER, .as.number.kind = NUMBER_DOUBLE};
    return double_parse(arguments[0].as.text, &result->as.number.as.inexact, &run->fault);
}

bool builtin_to_boolean(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    bool truth;
    if (!is_text(arguments))
        return unsupported(run);
    return boolean_parse(arguments[0].as.text, &truth, &run->fault) && truth_given(result, truth);
}

bool builtin_to_date(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    if (!is_text(arguments))
        return unsupported(run);
    *result = (Value){.kind = VALUE_DATE};
    return date_parse(arguments[0].as.text, &result->as.date, &run->fault);
}

/* -- casts of items of any kind */

bool builtin_decimal_of(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Value atom = atom_of(run, arguments);
    Number number;
    if (is_text(&atom))
        return decimal_in(run, atom.as.text, result);
    if (atom.kind == VALUE_DATE)
        return fault_of(&run->fault, FAULT_DATE_NO_DECIMAL);
    *result = (Value){.kind = VALUE_NUMBER, .as.number.kind = NUMBER_DECIMAL};
    if (!number_in(run, &atom, &number))
        return false;
    if (number_to_decimal(&number, &result->as.number.as.exact, &run->fault))
        return true;
    if (run->fault.kind != FAULT_UNSUPPORTED || number.kind != NUMBER_DOUBLE)
        return false;
    *result = (Value){.kind = VALUE_LONG_DECIMAL, .as.inexact = number.as.inexact};
    return true;
}

bool builtin_integer_of(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Value atom = atom_of(run, arguments);
    Number number;
    if (is_text(&atom))
        return builtin_to_integer(run, &atom, count, result);
    if (atom.kind == VALUE_DATE)
        return fault_of(&run->fault, FAULT_DATE_NO_INTEGER);
    *result = (Value){.kind = VALUE_NUMBER, .as.number.kind = NUMBER_INTEGER};
    return number_in(run, &atom, &number) &&
           number_to_integer(&number, &result->as.number.as.exact, &run->fault);
}

bool builtin_double_of(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Value atom = atom_of(run, arguments);
    Number number;
    if (is_text(&atom))
        return builtin_to_double(run, &atom, count, result);
    if (atom.kind == VALUE_DATE)
        return fault_of(&run->fault, FAULT_DATE_NO_NUMBER);
    return number_in(run, &atom, &number) &&
           number_given(result, number_of_double(number_to_double(&number)));
}

bool builtin_boolean_of(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Value atom = atom_of(run, arguments);
    Number number;
    if (is_text(&atom))
        return builtin_to_boolean(run, &atom, count, result);
    if (atom.kind == VALUE_DATE)
        return fault_of(&run->fault, FAULT_DATE_NO_BOOLEAN);
    return number_in(run, &atom, &number) && truth_given(result, number_truth(&number));
}

bool builtin_date_of(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Value atom = atom_of(run, arguments);
    Text text;
    if (is_text(&atom))
        return builtin_to_date(run, &atom, count, result);
    *result = atom;
    if (atom.kind == VALUE_DATE)
        return true;
    return text_of_item(run, &atom, &text) &&
           fault_about(&run->fault, FAULT_VALUE_NO_DATE, text);
}

bool builtin_float(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Number number;
    return number_in(run, arguments, &number) &&
           number_given(result, number_of_double(number_to_double(&number)));
}

/* -- casts of at most one item */

bool builtin_decimal_of_nodes(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    if (arguments[0].kind != VALUE_NODES)
        return unsupported(run);
    if (arguments[0].count > 1)
        return fault_counting(&run->fault, FAULT_MANY_ELEMENTS, arguments[0].count);
    if (arguments[0].count == 0)
        return none_given(result);
    return decimal_in(run, tree_text(run->tree, arguments[0].as.nodes[0]), result);
}

/* The first argument is the builtin that casts. */
bool builtin_cast_optional(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    int64_t cast;
    if (arguments[1].kind == VALUE_NONE)
        return none_given(result);
    return small_integer(run, arguments, &cast) &&
           builtin_call(run, (uint32_t)cast, arguments + 1, 1, result);
}

bool builtin_is_castable(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    int64_t cast;
    Value value;
    if (!small_integer(run, arguments, &cast) || !is_sequence(arguments + 1) ||
        arguments[2].kind != VALUE_BOOLEAN)
        return unsupported(run);
    if (arguments[1].count != 1)
        return truth_given(result, arguments[2].as.truth && arguments[1].count == 0);
    Value item = value_at(arguments + 1, 0);
    if (builtin_call(run, (uint32_t)cast, &item, 1, &value))
        return truth_given(result, true);
    return run->fault.kind != FAULT_UNSUPPORTED && truth_given(result, false);
}

bool builtin_number_of(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    if (arguments[0].kind != VALUE_NONE && builtin_double_of(run, arguments, count, result))
        return true;
    if (arguments[0].kind != VALUE_NONE && run->fault.kind == FAULT_UNSUPPORTED)
        return false;
    return number_given(result, number_of_double(NAN));
}

bool builtin_numeric(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Text text;
    *result = arguments[0];
    if (arguments[0].kind == VALUE_NONE || arguments[0].kind == VALUE_NUMBER)
        return true;
    if (arguments[0].kind == VALUE_NODE || arguments[0].kind == VALUE_UNTYPED)
        return builtin_double_of(run, arguments, count, result);
    return text_of_item(run, arguments, &text) &&
           fault_about(&run->fault, FAULT_NO_NUMBER, text);
}

/* -- truth */

bool builtin_truth_of_number(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Number number;
    if (arguments[0].kind == VALUE_NONE)
        return truth_given(result, false);
    return number_in(run, arguments, &number) && truth_given(result, number_truth(&number));
}

bool builtin_truth(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    if (!is_sequence(arguments))
        return unsupported(run);
    if (arguments[0].count == 0)
        return truth_given(result, false);
    Value first = value_at(arguments, 0);
    if (first.kind == VALUE_NODE || first.kind == VALUE_UNTYPED)
        return truth_given(result, true);
    if (arguments[0].count > 1)
        return fault_counting(&run->fault, FAULT_MANY_VALUES, arguments[0].count);
    if (first.kind == VALUE_DATE)
        return fault_of(&run->fault, FAULT_DATE_NO_TRUTH);
    if (first.kind == VALUE_TEXT)
        return truth_given(result, first.as.text.size > 0);
    return builtin_truth_of_number(run, &first, count, result);
}

/* -- arithmetic, in which a missing operand gives a missing result */

typedef bool (*OnTwo)(const Number *left, const Number *right, Number *result, Fault *fault);
typedef Number (*OnOne)(const Number *value);

static bool of_two(Run *run, const Value *arguments, Value *result, OnTwo calculate)
{
    if (arguments[0].kind == VALUE_NONE || arguments[1].kind == VALUE_NONE)
        return none_given(result);
    if (arguments[0].kind != VALUE_NUMBER || arguments[1].kind != VALUE_NUMBER)
        return unsupported(run);
    *result = (Value){.kind = VALUE_NUMBER};
    return calculate(&arguments[0].as.number, &arguments[1].as.number, &result->as.number,
                     &run->fault);
}

static bool of_one(Run *run, const Value *arguments, Value *result, OnOne calculate)
{
    if (arguments[0].kind == VALUE_NONE)
        return none_given(result);
    if (arguments[0].kind != VALUE_NUMBER)
        return unsupported(run);
    return number_given(result, calculate(&arguments[0].as.number));
}

#define OF_TWO(name, calculate)                                                                \
    bool builtin_##name(Run *run, const Value *arguments, uint32_t count, Value *result)       \
    {                                                                                          \
        (void)count;                                                                           \
        return of_two(run, arguments, result, calculate);                                      \
    }

#define OF_ONE(name, calculate)                                                                \
    bool builtin_##name(Run *run, const Value *arguments, uint32_t count, Value *result)       \
    {                                                                                          \
        (void)count;                                                                           \
        return of_one(run, arguments, result, calculate);                                      \
    }

OF_TWO(plus, number_add)
OF_TWO(minus, number_subtract)
OF_TWO(times, number_multiply)
OF_TWO(exact_plus, number_add)
OF_TWO(exact_minus, number_subtract)
OF_TWO(exact_times, number_multiply)
OF_TWO(div, number_divide)
OF_TWO(idiv, number_divide_whole)
OF_TWO(mod, number_remainder)
OF_ONE(negative, number_negative)
OF_ONE(absolute, number_absolute)
OF_ONE(round_half_up, number_round)
OF_ONE(floor, number_floor)
OF_ONE(ceiling, number_ceiling)

/* Not the same as a division: the places of the result decide about those of later quotients. */
bool builtin_by_power_of_ten(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    int64_t power;
    if (arguments[0].kind == VALUE_NONE)
        return none_given(result);
    if (!small_integer(run, arguments + 1, &power) || power < 0 || power > QUOTIENT_PLACES ||
        arguments[0].kind != VALUE_NUMBER || arguments[0].as.number.kind == NUMBER_DOUBLE)
        return unsupported(run);
    *result = (Value){.kind = VALUE_NUMBER, .as.number.kind = NUMBER_DECIMAL};
    return decimal_shift(&arguments[0].as.number.as.exact, (unsigned)power,
                         &result->as.number.as.exact, &run->fault);
}

/* -- of all */

static bool number_at(Run *run, const Value *items, uint32_t place, Value *number)
{
    Value item = value_at(items, place);
    return builtin_numeric(run, &item, 1, number) &&
           (number->kind == VALUE_NUMBER || unsupported(run));
}

bool builtin_total(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    if (!is_sequence(arguments))
        return unsupported(run);
    *result = value_of_number(number_of_int(0));
    for (uint32_t place = 0; place < arguments[0].count; place++) {
        Value operands[2] = {*result};
        if (!spend(run, 1) || !number_at(run, arguments, place, operands + 1) ||
            !of_two(run, operands, result, number_add))
            return false;
    }
    return true;
}

/* Python's `sum` of exact numbers. */
bool builtin_sum(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    if (!is_sequence(arguments))
        return unsupported(run);
    for (uint32_t place = 0; place < arguments[0].count; place++)
        if (value_at(arguments, place).kind != VALUE_NUMBER)
            return unsupported(run);
    return builtin_total(run, arguments, count, result);
}

static bool extreme(Run *run, const Value *arguments, Value *result, bool is_greatest)
{
    if (!is_sequence(arguments))
        return unsupported(run);
    if (arguments[0].count == 0)
        return none_given(result);
    Number *numbers = arena_take_many(run->arena, arguments[0].count, sizeof(Number));
    if (numbers == NULL)
        return unsupported(run);
    for (uint32_t place = 0; place < arguments[0].count; place++) {
        Value number;
        if (!spend(run, 1) || !number_at(run, arguments, place, &number))
            return false;
        numbers[place] = number.as.number;
    }
    return number_given(result, number_extreme(numbers, arguments[0].count, is_greatest));
}

bool builtin_least(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    return extreme(run, arguments, result, false);
}

bool builtin_greatest(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    return extreme(run, arguments, result, true);
}

bool builtin_average(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Value operands[2];
    if (!is_sequence(arguments))
        return unsupported(run);
    if (arguments[0].count == 0)
        return none_given(result);
    operands[1] = value_of_number(number_of_int(arguments[0].count));
    return builtin_total(run, arguments, count, operands) &&
           builtin_div(run, operands, 2, result);
}

bool builtin_len(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    if (is_text(arguments))
        return number_given(result, number_of_int(text_length(arguments[0].as.text)));
    if (!is_sequence(arguments))
        return unsupported(run);
    return number_given(result, number_of_int(arguments[0].count));
}

#define RANGE_MAX 100000

bool builtin_integer_range(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    int64_t first, last;
    Sequence found = {0};
    *result = sequence_value(&found);
    if (arguments[0].kind == VALUE_NONE || arguments[1].kind == VALUE_NONE)
        return true;
    if (arguments[0].kind != VALUE_NUMBER || arguments[1].kind != VALUE_NUMBER ||
        !whole_number(&arguments[0].as.number, &first) ||
        !whole_number(&arguments[1].as.number, &last) || first < -INT32_MAX || first > INT32_MAX ||
        last < -INT32_MAX || last > INT32_MAX)
        return unsupported(run);
    if (last - first > RANGE_MAX)
        return fault_of(&run->fault, FAULT_LONG_RANGE);
    for (int64_t number = first; number <= last; number++) {
        Value value = value_of_number(number_of_int(number));
        if (!spend(run, 1) || !sequence_add(run, &found, &value))
            return false;
    }
    *result = sequence_value(&found);
    return true;
}
