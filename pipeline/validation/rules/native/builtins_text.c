/* Builtins about text. */

#include <string.h>

#include "builtin_parts.h"

static bool is_text(const Value *value)
{
    return value->kind == VALUE_TEXT || value->kind == VALUE_UNTYPED;
}

static bool are_texts(Run *run, const Value *arguments, uint32_t count)
{
    for (uint32_t place = 0; place < count; place++)
        if (!is_text(arguments + place))
            return unsupported(run);
    return true;
}

static bool text_given(Value *result, Text text)
{
    *result = value_of_text(text);
    return true;
}

/* -- text of items */

bool builtin_text_of(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    if (arguments[0].kind != VALUE_NODE)
        return unsupported(run);
    return text_given(result, tree_text(run->tree, arguments[0].as.node));
}

bool builtin_string_of(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Text text;
    return text_of_item(run, arguments, &text) && text_given(result, text);
}

bool builtin_text_or_empty(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    if (arguments[0].kind == VALUE_NONE)
        return text_given(result, (Text){NULL, 0});
    return builtin_string_of(run, arguments, count, result);
}

bool builtin_text_of_nodes(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    if (arguments[0].kind != VALUE_NODES)
        return unsupported(run);
    if (arguments[0].count > 1)
        return fault_counting(&run->fault, FAULT_MANY_ELEMENTS, arguments[0].count);
    if (arguments[0].count == 0)
        return text_given(result, (Text){NULL, 0});
    return text_given(result, tree_text(run->tree, arguments[0].as.nodes[0]));
}

bool builtin_text_of_items(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Value item;
    return builtin_at_most_one(run, arguments, count, &item) &&
           builtin_text_or_empty(run, &item, 1, result);
}

bool builtin_untyped(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    if (!are_texts(run, arguments, count))
        return false;
    *result = (Value){.kind = VALUE_UNTYPED, .as.text = arguments[0].as.text};
    return true;
}

/* -- functions of XPath */

bool builtin_normalize_space(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Text text;
    return are_texts(run, arguments, count) &&
           text_normalize(arguments[0].as.text, run->arena, &text, &run->fault) &&
           text_given(result, text);
}

bool builtin_has_text(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    return are_texts(run, arguments, count) &&
           truth_given(result, text_has_content(arguments[0].as.text));
}

bool builtin_upper(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Text text;
    return are_texts(run, arguments, count) &&
           text_upper(arguments[0].as.text, run->arena, &text, &run->fault) &&
           text_given(result, text);
}

bool builtin_lower(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Text text;
    return are_texts(run, arguments, count) &&
           text_lower(arguments[0].as.text, run->arena, &text, &run->fault) &&
           text_given(result, text);
}

bool builtin_startswith(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    return are_texts(run, arguments, count) &&
           truth_given(result, text_starts_with(arguments[0].as.text, arguments[1].as.text));
}

bool builtin_endswith(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    return are_texts(run, arguments, count) &&
           truth_given(result, text_ends_with(arguments[0].as.text, arguments[1].as.text));
}

bool builtin_substring_before(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    return are_texts(run, arguments, count) &&
           text_given(result, text_before(arguments[0].as.text, arguments[1].as.text));
}

bool builtin_substring_after(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    return are_texts(run, arguments, count) &&
           text_given(result, text_after(arguments[0].as.text, arguments[1].as.text));
}

bool builtin_substring(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Text text;
    if (!are_texts(run, arguments, 1))
        return false;
    if (arguments[1].kind == VALUE_NONE)
        return fault_of(&run->fault, FAULT_NO_START);
    bool has_length = count == 3 && arguments[2].kind != VALUE_NONE;
    if (arguments[1].kind != VALUE_NUMBER || (has_length && arguments[2].kind != VALUE_NUMBER))
        return unsupported(run);
    return number_substring(arguments[0].as.text, &arguments[1].as.number,
                            has_length ? &arguments[2].as.number : NULL, &text, &run->fault) &&
           text_given(result, text);
}

bool builtin_translate(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Text text;
    return are_texts(run, arguments, count) &&
           text_translate(arguments[0].as.text, arguments[1].as.text, arguments[2].as.text,
                          run->arena, &text, &run->fault) &&
           text_given(result, text);
}

/* Python's `separator.join(texts)`. */
bool builtin_join(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Text text;
    if (!are_texts(run, arguments, 1) || !is_sequence(arguments + count - 1))
        return unsupported(run);
    uint32_t parts_count = arguments[1].count;
    Text *parts = arena_take_many(run->arena, parts_count + 1u, sizeof(Text));
    if (parts == NULL)
        return unsupported(run);
    for (uint32_t place = 0; place < parts_count; place++) {
        Value part = value_at(arguments + 1, place);
        if (!is_text(&part))
            return unsupported(run);
        parts[place] = part.as.text;
    }
    return text_join(parts, parts_count, arguments[0].as.text, run->arena, &text, &run->fault) &&
           text_given(result, text);
}

/* Whether a word stands in a code list; a word with spaces may be several of its words. */
bool builtin_is_listed(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    if (!are_texts(run, arguments, 1) || arguments[1].kind != VALUE_SET ||
        !is_text(arguments + count - 1))
        return unsupported(run);
    Text word = arguments[0].as.text, between;
    if (program_has_string(run->program, arguments[1].as.set, word))
        return truth_given(result, true);
    if (!text_contains(word, TEXT_OF(" ")))
        return truth_given(result, false);
    Text parts[] = {TEXT_OF(" "), word, TEXT_OF(" ")};
    return text_join(parts, 3, TEXT_OF(""), run->arena, &between, &run->fault) &&
           truth_given(result, text_contains(arguments[2].as.text, between));
}

/* -- characters */

bool builtin_codepoints(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    uint32_t *points, total;
    Sequence found = {0};
    if (!are_texts(run, arguments, count) ||
        !text_codepoints(arguments[0].as.text, run->arena, &points, &total, &run->fault) ||
        !spend(run, total))
        return false;
    for (uint32_t place = 0; place < total; place++) {
        Value point = value_of_number(number_of_int(points[place]));
        if (!sequence_add(run, &found, &point))
            return false;
    }
    *result = sequence_value(&found);
    return true;
}

bool builtin_from_codepoints(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    (void)count;
    Text text;
    if (!is_sequence(arguments) || !spend(run, arguments[0].count))
        return unsupported(run);
    int64_t *points = arena_take_many(run->arena, arguments[0].count + 1u, sizeof(int64_t));
    if (points == NULL)
        return unsupported(run);
    for (uint32_t place = 0; place < arguments[0].count; place++) {
        Value item = value_at(arguments, place);
        if (item.kind != VALUE_NUMBER || !whole_number(&item.as.number, points + place))
            return unsupported(run);
    }
    return text_from_codepoints(points, arguments[0].count, run->arena, &text, &run->fault) &&
           text_given(result, text);
}

/* -- regular expressions */

/* The pattern of a call: the constant one, else it is compiled for this once. */
static const Pattern *pattern_of(Run *run, const Value *source, const Value *flags)
{
    Pattern *pattern;
    if (run->pattern != NULL)
        return run->pattern;
    Text none = {NULL, 0};
    if (!pattern_compile(source->as.text, flags != NULL ? flags->as.text : none, run->arena,
                         &pattern, &run->fault))
        return NULL;
    return pattern;
}

bool builtin_matches(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    bool is_found;
    if (!are_texts(run, arguments, count))
        return false;
    const Pattern *pattern = pattern_of(run, arguments + 1, count > 2 ? arguments + 2 : NULL);
    return pattern != NULL &&
           pattern_matches(pattern, arguments[0].as.text, run->arena, &is_found, &run->fault) &&
           truth_given(result, is_found);
}

bool builtin_tokenize(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Text *parts;
    uint32_t total;
    Sequence found = {0};
    if (!are_texts(run, arguments, count))
        return false;
    const Pattern *pattern = pattern_of(run, arguments + 1, count > 2 ? arguments + 2 : NULL);
    if (pattern == NULL || !pattern_tokenize(pattern, arguments[0].as.text, run->arena, &parts,
                                             &total, &run->fault))
        return false;
    for (uint32_t place = 0; place < total; place++) {
        Value part = value_of_text(parts[place]);
        if (!sequence_add(run, &found, &part))
            return false;
    }
    *result = sequence_value(&found);
    return true;
}

bool builtin_replace(Run *run, const Value *arguments, uint32_t count, Value *result)
{
    Text text;
    if (!are_texts(run, arguments, count))
        return false;
    const Pattern *pattern = pattern_of(run, arguments + 1, count > 3 ? arguments + 3 : NULL);
    return pattern != NULL &&
           pattern_replace(pattern, arguments[0].as.text, arguments[2].as.text, run->arena, &text,
                           &run->fault) &&
           text_given(result, text);
}
