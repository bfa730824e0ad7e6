#include "builtins.h"

#include "builtin_parts.h"

typedef struct {
    bool (*call)(Run *run, const Value *arguments, uint32_t count, Value *result);
    uint32_t least;
    uint32_t most;
} Entry;

#define ENTRY(name, least, most) {builtin_##name, least, most},
static const Entry ENTRIES[BUILTIN_COUNT] = {BUILTINS(ENTRY)};

bool builtin_takes(uint32_t builtin, uint32_t count)
{
    return builtin < BUILTIN_COUNT && ENTRIES[builtin].least <= count &&
           count <= ENTRIES[builtin].most;
}

bool builtin_call(Run *run, uint32_t builtin, const Value *arguments, uint32_t count,
                  Value *result)
{
    if (!builtin_takes(builtin, count))
        return unsupported(run);
    return ENTRIES[builtin].call(run, arguments, count, result);
}

Value atom_of(const Run *run, const Value *item)
{
    if (item->kind != VALUE_NODE)
        return *item;
    return (Value){.kind = VALUE_UNTYPED, .as.text = tree_text(run->tree, item->as.node)};
}

bool text_of_item(Run *run, const Value *item, Text *text)
{
    switch (item->kind) {
    case VALUE_NODE: *text = tree_text(run->tree, item->as.node); return true;
    case VALUE_TEXT:
    case VALUE_UNTYPED: *text = item->as.text; return true;
    case VALUE_BOOLEAN: *text = item->as.truth ? TEXT_OF("true") : TEXT_OF("false"); return true;
    case VALUE_DATE: *text = TEXT_OF(""); return true; /* as the runtime writes dates */
    case VALUE_NUMBER: return number_text(&item->as.number, run->arena, text, &run->fault);
    default: return unsupported(run);
    }
}

bool whole_number(const Number *number, int64_t *result)
{
    if (number->kind != NUMBER_DOUBLE)
        return decimal_to_int(&number->as.exact, result);
    double value = number->as.inexact;
    if (!(value > -1e15 && value < 1e15) || (double)(int64_t)value != value)
        return false;
    *result = (int64_t)value;
    return true;
}

bool small_integer(Run *run, const Value *value, int64_t *result)
{
    bool is_small = value->kind == VALUE_NUMBER && whole_number(&value->as.number, result) &&
                    *result >= 0 && *result <= UINT32_MAX;
    return is_small || unsupported(run);
}
