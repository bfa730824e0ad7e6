#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builtin_parts.h"
#include "evaluate.h"
#include "expression.h"
#include "parse.h"

#define TEXTS_PER_WITNESS 3
#define SHOWN 80 /* characters of a value */
#define NUMBER_SIZE 16

typedef enum { WITNESS_SELF, WITNESS_PARENT, WITNESS_CHILD, WITNESS_ATTRIBUTE } WitnessStep;
#define STEP_KIND_BITS 3

static Text shown(Text text) { return text_slice(text, 1, SHOWN + 1); }

/* -- paths */

typedef struct {
    Run *run;
    uint32_t *places; /* of nodes among siblings of their name, 0 for the only one */
    uint8_t *is_known; /* by parent */
    uint32_t *totals;  /* scratch, by name */
    uint32_t *seen;
} Paths;

static void *zeros(Run *run, uint32_t count, size_t size)
{
    void *room = arena_take_many(&run->checker->kept, count, size);
    if (room == NULL)
        unsupported(run);
    else
        memset(room, 0, count * size);
    return room;
}

static bool start_paths(Paths *paths, Run *run)
{
    uint32_t nodes = run->tree->nodes.count, names = run->tree->names.count;
    *paths = (Paths){.run = run};
    paths->places = zeros(run, nodes, sizeof(uint32_t));
    paths->is_known = zeros(run, nodes, 1);
    paths->totals = zeros(run, names, sizeof(uint32_t));
    paths->seen = zeros(run, names, sizeof(uint32_t));
    return paths->places != NULL && paths->is_known != NULL && paths->totals != NULL &&
           paths->seen != NULL;
}

static void find_places(Paths *paths, NodeId parent)
{
    const Tree *tree = paths->run->tree;
    NodeId child;
    for (child = tree_child(tree, parent); child != NO_NODE;
         child = tree_sibling(tree, parent, child))
        paths->totals[tree_node(tree, child)->name]++;
    for (child = tree_child(tree, parent); child != NO_NODE;
         child = tree_sibling(tree, parent, child)) {
        uint32_t name = tree_node(tree, child)->name;
        paths->places[child] = paths->totals[name] > 1 ? ++paths->seen[name] : 0;
    }
    for (child = tree_child(tree, parent); child != NO_NODE;
         child = tree_sibling(tree, parent, child))
        paths->totals[tree_node(tree, child)->name] = paths->seen[tree_node(tree, child)->name] = 0;
    paths->is_known[parent] = 1;
}

/* Adds the step to a node, from the end of the path backwards. */
static bool add_step(Paths *paths, NodeId node, Text *parts, uint32_t *first)
{
    NodeId parent = tree_node(paths->run->tree, node)->parent;
    if (!paths->is_known[parent])
        find_places(paths, parent);
    if (paths->places[node] > 0) {
        char *number = arena_take(&paths->run->checker->kept, NUMBER_SIZE);
        if (number == NULL)
            return unsupported(paths->run);
        int size = snprintf(number, NUMBER_SIZE, "[%lu]", (unsigned long)paths->places[node]);
        parts[--*first] = (Text){number, (uint32_t)size};
    }
    parts[--*first] = tree_name(paths->run->tree, node)->written;
    parts[--*first] = TEXT_OF("/");
    return true;
}

#define PARTS_MAX 400 /* of a path: three for each level, of which there are few */

static bool path_of(Paths *paths, NodeId node, Text *path)
{
    Text parts[PARTS_MAX];
    uint32_t first = PARTS_MAX;
    Run *run = paths->run;
    for (; tree_node(run->tree, node)->parent != NO_NODE; node = tree_node(run->tree, node)->parent)
        if (first < 3 || !add_step(paths, node, parts, &first))
            return unsupported(run);
    return text_join(parts + first, PARTS_MAX - first, TEXT_OF(""), &run->checker->kept, path,
                     &run->fault);
}

/* -- witnesses */

static bool add_step_of_witness(Run *run, NodeId node, uint32_t step, Sequence *found)
{
    uint32_t kind = step & ((1u << STEP_KIND_BITS) - 1), symbol = step >> STEP_KIND_BITS;
    NodeId parent = tree_node(run->tree, node)->parent, child;
    if (kind == WITNESS_SELF)
        return sequence_add_node(run, found, node);
    if (kind == WITNESS_PARENT)
        return parent == NO_NODE || sequence_add_node(run, found, parent);
    if (kind != WITNESS_CHILD)
        return true;
    NamedChildren walk = tree_named(run->tree, node, symbol, &run->checker->kept);
    while ((child = tree_next_named(run->tree, &walk)) != NO_NODE)
        if (!spend(run, 1) || !sequence_add_node(run, found, child))
            return false;
    return true;
}

static bool add_witness(Finding *finding, Witness *witnesses, uint32_t path, uint32_t *told,
                        Text text)
{
    if (*told == TEXTS_PER_WITNESS)
        return false;
    ++*told;
    witnesses[finding->witness_count++] = (Witness){path, shown(text)};
    return true;
}

static bool is_leaf(const Tree *tree, NodeId node)
{
    return tree_node(tree, node)->end == node + 1;
}

/* The nodes after the steps of a path, or after those before an attribute. */
static bool nodes_of_witness(Run *run, NodeId node, const uint32_t *steps, uint32_t count,
                             Sequence *nodes, const uint32_t **attribute)
{
    if (!sequence_add_node(run, nodes, node))
        return false;
    *attribute = NULL;
    for (uint32_t place = 0; place < count && *attribute == NULL; place++) {
        Sequence next = {0};
        if ((steps[place] & ((1u << STEP_KIND_BITS) - 1)) == WITNESS_ATTRIBUTE) {
            *attribute = steps + place;
            return true;
        }
        for (uint32_t one = 0; one < nodes->count; one++)
            if (!add_step_of_witness(run, nodes->nodes[one], steps[place], &next))
                return false;
        *nodes = next;
    }
    return true;
}

static bool tell_path(Run *run, Finding *finding, Witness *witnesses, uint32_t path, NodeId node,
                      const uint32_t *steps, uint32_t count)
{
    Sequence nodes = {0};
    const uint32_t *attribute;
    uint32_t told = 0;
    if (!nodes_of_witness(run, node, steps, count, &nodes, &attribute))
        return false;
    for (uint32_t place = 0; place < nodes.count; place++) {
        NodeId one = nodes.nodes[place];
        const Attribute *its =
            attribute ? tree_attribute(run->tree, one, *attribute >> STEP_KIND_BITS) : NULL;
        bool is_told = attribute ? its != NULL : is_leaf(run->tree, one);
        if (is_told && !add_witness(finding, witnesses, path, &told,
                                    its != NULL ? its->value : tree_text(run->tree, one)))
            break;
    }
    return true;
}

static bool tell_witnesses(Run *run, Finding *finding, NodeId node)
{
    const Assertion *assertion = run->program->assertions + finding->assertion;
    const uint32_t *steps = run->program->operands + assertion->values;
    Witness *witnesses = arena_take_many(
        &run->checker->kept, assertion->value_count * TEXTS_PER_WITNESS + 1u, sizeof(Witness));
    if (witnesses == NULL)
        return unsupported(run);
    finding->witnesses = witnesses;
    for (uint32_t path = 0; path < assertion->value_count; path++) {
        if (!tell_path(run, finding, witnesses, path, node, steps + 1, *steps))
            return false;
        steps += 1 + *steps;
    }
    return true;
}

/* -- values in messages */

static bool tell_items(Run *run, const Value *items, Text *told)
{
    uint32_t count = items->count < FINDINGS_PER_RULE ? items->count : FINDINGS_PER_RULE;
    Text texts[FINDINGS_PER_RULE];
    if (!is_sequence(items))
        return unsupported(run);
    for (uint32_t place = 0; place < count; place++) {
        Value item = value_at(items, place);
        if (!text_of_item(run, &item, texts + place))
            return false;
        texts[place] = shown(texts[place]);
    }
    return text_join(texts, count, TEXT_OF(" "), run->arena, told, &run->fault);
}

static bool tell_message(Run *run, Finding *finding, NodeId node)
{
    uint32_t function = run->program->assertions[finding->assertion].message;
    Value argument = value_of_node(node), values;
    if (function == NONE)
        return true;
    if (!call_function(run, function, &argument, &values))
        return run->fault.kind != FAULT_UNSUPPORTED; /* a message without its values */
    if (values.kind != VALUE_ITEMS)
        return values.kind == VALUE_NODES && values.count == 0 ? true : unsupported(run);
    Text *told = arena_take_many(run->arena, values.count, sizeof(Text));
    if (told == NULL)
        return unsupported(run);
    for (uint32_t place = 0; place < values.count; place++)
        if (!tell_items(run, values.as.items + place, told + place))
            return false;
    finding->told = told;
    finding->told_count = values.count;
    return true;
}

/* -- lines */

static int by_place(const void *left, const void *right)
{
    NodeId one = *(const NodeId *)left, other = *(const NodeId *)right;
    return one < other ? -1 : one > other;
}

static bool find_lines(Run *run, const char *data, size_t size, const NodeId *nodes,
                       Finding *findings, uint32_t count)
{
    NodeId *sorted = arena_take_many(run->arena, count, sizeof(NodeId));
    uint32_t *lines = arena_take_many(run->arena, count, sizeof(uint32_t));
    if (sorted == NULL || lines == NULL)
        return unsupported(run);
    memcpy(sorted, nodes, count * sizeof(NodeId));
    qsort(sorted, count, sizeof(NodeId), by_place);
    if (!parse_lines(&run->checker->scan, data, size, sorted, count, lines))
        return unsupported(run);
    for (uint32_t place = 0; place < count; place++) {
        const NodeId *found = bsearch(nodes + place, sorted, count, sizeof(NodeId), by_place);
        findings[place].line = found != NULL ? lines[found - sorted] : 0;
    }
    return true;
}

/* -- all of it */

/* The failures that are told, and how often each assertion failed. */
static bool choose(Run *run, const Failure *failures, uint32_t total, Finding *findings,
                   NodeId *nodes, uint32_t *count)
{
    uint32_t *counts = zeros(run, run->program->assertion_count, sizeof(uint32_t));
    if (counts == NULL)
        return false;
    *count = 0;
    for (uint32_t place = 0; place < total; place++) {
        if (++counts[failures[place].assertion] > FINDINGS_PER_RULE)
            continue;
        nodes[*count] = failures[place].node;
        findings[(*count)++] = (Finding){.assertion = failures[place].assertion,
                                         .is_fault = failures[place].is_fault,
                                         .words = failures[place].words};
    }
    for (uint32_t place = 0; place < *count; place++)
        findings[place].count = counts[findings[place].assertion];
    return true;
}

bool report_findings(Run *run, const char *data, size_t size, const Finding **findings,
                     uint32_t *count)
{
    Checker *checker = run->checker;
    Paths paths;
    Finding *chosen = arena_take_many(&checker->kept, checker->failures.count, sizeof(Finding));
    NodeId *nodes = arena_take_many(&checker->kept, checker->failures.count, sizeof(NodeId));
    run->arena = &checker->kept;
    if (chosen == NULL || nodes == NULL || !start_paths(&paths, run) ||
        !choose(run, checker->failures.items, checker->failures.count, chosen, nodes, count) ||
        !find_lines(run, data, size, nodes, chosen, *count))
        return false;
    for (uint32_t place = 0; place < *count; place++)
        if (!path_of(&paths, nodes[place], &chosen[place].path) ||
            !tell_witnesses(run, chosen + place, nodes[place]) ||
            !tell_message(run, chosen + place, nodes[place]))
            return false;
    *findings = chosen;
    return true;
}
