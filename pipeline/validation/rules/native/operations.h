#ifndef RULES_OPERATIONS_H
#define RULES_OPERATIONS_H

/* What expressions and statements of a program are made of. The compiler knows them by these names
 * (the module gives them to Python), so that their numbers are nobody else's business. */

/* Beside each name stand the kinds of `a`, `b` and `c`, by which the loader checks them:
 *   e an earlier operation            l `count` earlier operations, of which the first is at `a`
 *   k a constant     v a variable     V three variables in a row    s a symbol
 *   a an attribute   m a kept value   q a kept answer               w a collected way
 *   r a relation     f a function     b a builtin                   t a string     - nothing */
#define OPERATIONS(X)      \
    X(CONSTANT, "k--")     \
    X(LOCAL, "v--")        \
    X(ROOT, "---")         \
    X(TOP, "---")          \
    X(COLLECTED, "w--")    \
    X(MEMO, "m--")         \
    X(NODE_MEMO, "qe-")    \
    X(PARENT, "e--")       \
    X(CHILDREN, "e--")     \
    X(NAMED, "es-")        \
    X(HAS_NAMED, "es-")    \
    X(HAS_NAME, "es-")     \
    X(ATTRIBUTE, "ea-")    \
    X(HAS_ATTRIBUTE, "ea-")\
    X(ATTRIBUTES, "e--")   \
    X(TEXT_OF_NODE, "e--") \
    X(AND, "l--")          \
    X(OR, "l--")           \
    X(NOT, "e--")          \
    X(IF, "eee")           \
    X(IS_NONE, "e--")      \
    X(IS_SOME, "e--")      \
    X(TRUTH, "e--")        \
    X(COMPARE, "ree")      \
    X(IN, "ee-")           \
    X(ADD, "ee-")          \
    X(SUBTRACT, "ee-")     \
    X(MULTIPLY, "ee-")     \
    X(SEQUENCE, "l--")     \
    X(SPLICE, "e--")       \
    X(LIST, "le-")         \
    X(ANY, "le-")          \
    X(ALL, "le-")          \
    X(FOR, "ve-")          \
    X(WHERE, "e--")        \
    X(FILTER, "eeV")       \
    X(CALL, "lf-")         \
    X(BUILTIN, "lb-")      \
    X(LOOK_UP, "et-")      \
    X(LENGTH, "e--")       \
    X(LAST, "e--")         \
    X(REVERSED, "e--")

/* Statements: `count` variables from the operand `c` on must not be faults.
 *   e an operation   n an assertion   v a variable   j a later statement of the function
 *   i `count` numbers of assertions, sorted, of which the first is at `a` */
#define STATEMENTS(X)    \
    X(ASSERT, "ne")      \
    X(LET, "ve")         \
    X(ASSIGN, "ve")      \
    X(CHECK, "--")       \
    X(UNLESS, "ej")      \
    X(GIVE, "e-")        \
    X(GIVE_OR_FALSE, "e-") \
    X(HITS, "i-")

/* Functions of the runtime, with how many arguments they take. */
#define BUILTINS(X)                \
    X(a_node, 1, 1)                \
    X(absolute, 1, 1)              \
    X(all_nodes, 1, 1)             \
    X(ancestors, 1, 1)             \
    X(any_pair, 3, 3)              \
    X(at_most_one, 1, 1)           \
    X(average, 1, 1)               \
    X(boolean_of, 1, 1)            \
    X(both, 3, 3)                  \
    X(by_power_of_ten, 2, 2)       \
    X(cast_optional, 2, 2)         \
    X(ceiling, 1, 1)               \
    X(codepoints, 1, 1)            \
    X(compared, 3, 3)              \
    X(date_of, 1, 1)               \
    X(decimal_of, 1, 1)            \
    X(decimal_of_nodes, 1, 1)      \
    X(descendants, 1, 1)           \
    X(distinct, 1, 1)              \
    X(distinct_values, 1, 1)       \
    X(div, 2, 2)                   \
    X(double_of, 1, 1)             \
    X(endswith, 2, 2)              \
    X(exactly_one, 1, 1)           \
    X(exact_minus, 2, 2)           \
    X(exact_plus, 2, 2)            \
    X(exact_times, 2, 2)           \
    X(float, 1, 1)                 \
    X(floor, 1, 1)                 \
    X(from_codepoints, 1, 1)       \
    X(greatest, 1, 1)              \
    X(has_text, 1, 1)              \
    X(idiv, 2, 2)                  \
    X(in_order, 1, 1)              \
    X(indexed, 1, 1)               \
    X(integer_of, 1, 1)            \
    X(integer_range, 2, 2)         \
    X(is_castable, 3, 3)           \
    X(is_listed, 3, 3)             \
    X(item_at, 2, 2)               \
    X(join, 2, 2)                  \
    X(least, 1, 1)                 \
    X(len, 1, 1)                   \
    X(lexical_name, 1, 1)          \
    X(local_name, 1, 1)            \
    X(lower, 1, 1)                 \
    X(matches, 2, 3)               \
    X(merged, 1, 64)               \
    X(minus, 2, 2)                 \
    X(mod, 2, 2)                   \
    X(name_or_empty, 2, 2)         \
    X(named_before, 2, 2)          \
    X(namespace_uri, 1, 1)         \
    X(negative, 1, 1)              \
    X(nodes_after, 1, 1)           \
    X(nodes_before, 1, 1)          \
    X(normalize_space, 1, 1)       \
    X(number_of, 1, 1)             \
    X(numeric, 1, 1)               \
    X(optional, 1, 1)              \
    X(plus, 2, 2)                  \
    X(replace, 3, 4)               \
    X(round_half_up, 1, 1)         \
    X(siblings_after, 1, 1)        \
    X(siblings_before, 1, 1)       \
    X(startswith, 2, 2)            \
    X(string_of, 1, 1)             \
    X(substring, 2, 3)             \
    X(substring_after, 2, 2)       \
    X(substring_before, 2, 2)      \
    X(sum, 1, 1)                   \
    X(text_nodes, 1, 1)            \
    X(text_of, 1, 1)               \
    X(text_of_items, 1, 1)         \
    X(text_of_nodes, 1, 1)         \
    X(text_or_empty, 1, 1)         \
    X(times, 2, 2)                 \
    X(to_boolean, 1, 1)            \
    X(to_date, 1, 1)               \
    X(to_decimal, 1, 1)            \
    X(to_double, 1, 1)             \
    X(to_integer, 1, 1)            \
    X(tokenize, 2, 3)              \
    X(total, 1, 1)                 \
    X(translate, 3, 3)             \
    X(truth, 1, 1)                 \
    X(truth_of_number, 1, 1)       \
    X(untyped, 1, 1)               \
    X(upper, 1, 1)

#define NAME_OF_OPERATION(name, operands) OPERATION_##name,
typedef enum { OPERATIONS(NAME_OF_OPERATION) OPERATION_COUNT } OperationKind;

#define NAME_OF_STATEMENT(name, operands) STATEMENT_##name,
typedef enum { STATEMENTS(NAME_OF_STATEMENT) STATEMENT_COUNT } StatementKind;

#define NAME_OF_BUILTIN(name, least, most) BUILTIN_##name,
typedef enum { BUILTINS(NAME_OF_BUILTIN) BUILTIN_COUNT } Builtin;

#endif
