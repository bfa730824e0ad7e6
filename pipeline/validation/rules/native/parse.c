#include "parse.h"

#include <string.h>

#include "evaluate.h"
#include "pieces.h"

#define BYTES_MAX ((size_t)1 << 30)

typedef struct {
    Checker *checker;
    StructureCheck *structure; /* NULL when nobody asks for it */
    NodeId current;
    uint32_t depth;
    uint32_t state;
    bool is_left; /* to the Python engine */
} Parse;

/* -- names */

static bool passes(Checker *checker, const Wild *test, NodeId node, bool *holds)
{
    if (test->kind == WILD_FUNCTION)
        return evaluate_name_test(checker, test->number, node, holds);
    Text wanted = checker->program->strings[test->number];
    Text name = test->kind == WILD_LOCAL ? tree_local_name(&checker->tree, node)
                                         : tree_namespace(&checker->tree, node);
    *holds = text_equal(name, wanted);
    return true;
}

/* Finds out what the automaton can tell of a name that this node is the first to have. */
static bool classify(Checker *checker, NodeId node)
{
    const Program *program = checker->program;
    Name *name = (Name *)tree_name(&checker->tree, node);
    uint64_t passed = 0;
    for (uint32_t number = 0; number < program->wild_count; number++) {
        bool holds;
        if (!passes(checker, program->wild + number, node, &holds))
            return false;
        passed |= (uint64_t)holds << number;
    }
    uint32_t short_name =
        program_symbol(program, name->uri, tree_local_name(&checker->tree, node));
    name->symbol = automaton_class(&checker->automaton, short_name, passed);
    return name->symbol != NONE;
}

/* -- attributes */

static bool add_attribute(Parse *parse, Node *node, const char *written, Text value)
{
    Checker *checker = parse->checker;
    Tree *tree = &checker->tree;
    Fault fault;
    Text name = {written, (uint32_t)strlen(written)};
    if (node->attribute_count == checker->limits.attributes_max ||
        !names_allow_attribute(&checker->names, name) ||
        !vector_reserve(&tree->attributes, 1, sizeof(Attribute)))
        return false;
    Attribute *attribute = (Attribute *)tree->attributes.items + tree->attributes.count;
    attribute->symbol = program_attribute(checker->program, name);
    if (!text_copy(value, &checker->kept, &attribute->value, &fault))
        return false;
    tree->attributes.count++;
    node->attribute_count++;
    return true;
}

/* What stands after the prefix, NULL for names without one and for declarations. */
static const char *after_prefix(const char *name)
{
    const char *colon = names_is_declaration(name) ? NULL : strchr(name, ':');
    return colon != NULL ? colon + 1 : NULL;
}

/* Two attributes with different prefixes may have one name in the end, which is refused. */
static bool may_be_twins(const char **attributes)
{
    for (; *attributes != NULL; attributes += 2) {
        const char *local = after_prefix(*attributes);
        for (const char **other = attributes + 2; local != NULL && *other != NULL; other += 2)
            if (after_prefix(*other) != NULL && strcmp(local, after_prefix(*other)) == 0)
                return true;
    }
    return false;
}

static bool declare(Parse *parse, const char **attributes)
{
    Checker *checker = parse->checker;
    for (; *attributes != NULL; attributes += 2) {
        Text value = {attributes[1], (uint32_t)strlen(attributes[1])};
        if (names_is_declaration(*attributes) &&
            !names_declare(&checker->names, *attributes, value, parse->depth, &checker->kept))
            return false;
    }
    return true;
}

static bool add_attributes(Parse *parse, Node *node, const char **attributes)
{
    node->attributes = parse->checker->tree.attributes.count;
    if (*attributes == NULL)
        return true;
    if (may_be_twins(attributes) || !declare(parse, attributes))
        return false;
    for (; *attributes != NULL; attributes += 2) {
        Text value = {attributes[1], (uint32_t)strlen(attributes[1])};
        if (!names_is_declaration(*attributes) && !add_attribute(parse, node, *attributes, value))
            return false;
    }
    return true;
}

/* -- what the automaton finds */

static bool add_id(Vector *vector, NodeId id)
{
    if (!vector_reserve(vector, 1, sizeof(NodeId)))
        return false;
    ((NodeId *)vector->items)[vector->count++] = id;
    return true;
}

static bool found(Checker *checker, const Row *row, NodeId node)
{
    if (row->kind == ROW_COLLECT)
        return add_id(checker->collected + row->number, node);
    if (checker->is_hit[row->number])
        return true;
    if (!vector_reserve(&checker->hits, 1, sizeof(Hit)))
        return false;
    ((Hit *)checker->hits.items)[checker->hits.count++] = (Hit){row->number, node};
    checker->is_hit[row->number] = 1;
    return true;
}

static bool note(Checker *checker, const State *state, NodeId node)
{
    const Row *rows = checker->program->rows;
    if (state->look_count > 0 && !add_id(&checker->work, node))
        return false;
    for (uint32_t place = 0; place < state->find_count; place++)
        if (!found(checker, rows + state->finds[place], node))
            return false;
    return true;
}

static bool note_attributes(Checker *checker, const State *state, NodeId node)
{
    const Node *its = tree_node(&checker->tree, node);
    const Attribute *all = (const Attribute *)checker->tree.attributes.items + its->attributes;
    uint64_t given = 0;
    for (uint32_t place = 0; place < its->attribute_count; place++)
        given |= attribute_bit(all[place].symbol);
    if ((given & state->watched) == 0)
        return true;
    for (uint32_t place = 0; place < state->watch_count; place++) {
        const Row *row = checker->program->rows + state->watches[place];
        if (tree_attribute(&checker->tree, node, row->attribute) != NULL &&
            !found(checker, row, node))
            return false;
    }
    return true;
}

/* -- events */

/* A node in its place, whose name, attributes and state are not known yet. */
static Node *add_node(Parse *parse, NodeId *id)
{
    Tree *tree = &parse->checker->tree;
    if (tree->nodes.count > parse->checker->limits.nodes_max ||
        !vector_reserve(&tree->nodes, 1, sizeof(Node)))
        return NULL;
    *id = tree->nodes.count++;
    Node *node = tree_node(tree, *id);
    *node = (Node){.parent = parse->current, .end = *id + 1, .text = tree->text.count};
    return node;
}

/* Finds out what is the same for all elements of a name. */
static bool learn_name(const Parse *parse, NodeId id)
{
    Name *name = (Name *)tree_name(&parse->checker->tree, id);
    Text local = tree_local_name(&parse->checker->tree, id);
    if (parse->structure != NULL)
        name->structure = structure_element_symbol(parse->structure->tables, name->uri.at,
                                                   name->uri.size, local.at, local.size);
    else
        parse->checker->names.schemas = NULL;
    bool is_learned = classify(parse->checker, id);
    parse->checker->names.is_spoilt |= !is_learned;
    return is_learned;
}

static bool name_node(const Parse *parse, Node *node, NodeId id, const char *name)
{
    Checker *checker = parse->checker;
    bool is_new;
    if (!names_find(&checker->names, &checker->tree, name, &node->name, &is_new))
        return false;
    return !is_new || learn_name(parse, id);
}

/* What the structure does not accept is looked into by others, so that the rest is of no use. */
static bool is_of_use(const Parse *parse)
{
    return parse->structure == NULL || parse->structure->is_accepted;
}

static bool start(Parse *parse, const char *name, const char **attributes)
{
    Checker *checker = parse->checker;
    NodeId id;
    Node *node = add_node(parse, &id);
    if (node == NULL || ++parse->depth > checker->limits.depth_max ||
        !add_attributes(parse, node, attributes) || !name_node(parse, node, id, name))
        return false;
    if (parse->structure != NULL)
        structure_open(parse->structure, tree_name(&checker->tree, id)->structure, attributes);
    uint32_t parent_state = tree_node(&checker->tree, parse->current)->state;
    node->state = automaton_step(&checker->automaton, parent_state,
                                 tree_name(&checker->tree, id)->symbol);
    if (node->state == NONE)
        return false;
    const State *state = checker->automaton.states + node->state;
    node->symbol = state->short_name;
    parse->current = id;
    if (state->is_of_interest && !note(checker, state, id))
        return false;
    if (node->attribute_count > 0 && !note_attributes(checker, state, id))
        return false;
    return is_of_use(parse);
}

static void on_start(void *data, const char *name, const char **attributes)
{
    Parse *parse = data;
    if (!parse->is_left && !start(parse, name, attributes))
        parse->is_left = true;
}

static void on_end(void *data, const char *name)
{
    (void)name;
    Parse *parse = data;
    if (parse->is_left)
        return;
    Tree *tree = &parse->checker->tree;
    Node *node = tree_node(tree, parse->current);
    node->end = tree->nodes.count;
    node->text_end = tree->text.count;
    parse->current = node->parent;
    names_leave(&parse->checker->names, parse->depth--);
    if (parse->structure != NULL)
        structure_close(parse->structure);
}

static void on_text(void *data, const char *text, int size)
{
    Parse *parse = data;
    Vector *all = &parse->checker->tree.text;
    if (parse->is_left)
        return;
    if (!vector_reserve(all, (uint32_t)size, 1)) {
        parse->is_left = true;
        return;
    }
    memcpy((char *)all->items + all->count, text, (size_t)size);
    all->count += (uint32_t)size;
    if (parse->structure != NULL)
        structure_text(parse->structure, text, (size_t)size);
}

static void on_comment(void *data, const char *text)
{
    (void)text;
    structure_comment(((Parse *)data)->structure);
}

static void on_doctype(void *data, const char *name, const char *system, const char *public,
                       int has_subset)
{
    (void)name, (void)system, (void)public, (void)has_subset;
    ((Parse *)data)->is_left = true;
}

/* Namespaces allow no colon in the target, expat does where it is not told of namespaces. */
static void on_instruction(void *data, const char *target, const char *text)
{
    (void)text;
    Parse *parse = data;
    if (strchr(target, ':') != NULL)
        parse->is_left = true;
    if (parse->structure != NULL)
        structure_instruction(parse->structure, target);
}

/* -- the pass */

static bool has_too_many_tags(const char *data, size_t size, uint32_t nodes_max)
{
    const char *end = data + size, *at = data;
    uint32_t count = 0;
    while ((at = memchr(at, '<', (size_t)(end - at))) != NULL && count++ < nodes_max)
        at++;
    return count > nodes_max;
}

bool parse_document(Checker *checker, const char *data, size_t size, StructureCheck *structure)
{
    const Expat *expat = checker->expat;
    if (size > BYTES_MAX || has_too_many_tags(data, size, checker->limits.nodes_max))
        return false;
    if (!checker_clear(checker, structure != NULL ? structure->tables : NULL) ||
        !vector_reserve(&checker->tree.text, (uint32_t)size, 1))
        return false;
    XML_Parser parser = expat->create(NULL, NULL, NULL);
    if (parser == NULL)
        return false;
    Parse parse = {.checker = checker, .structure = structure};
    expat->set_data(parser, &parse);
    expat->set_elements(parser, on_start, on_end);
    expat->set_text(parser, on_text);
    expat->set_doctype(parser, on_doctype);
    expat->set_instruction(parser, on_instruction);
    if (structure != NULL)
        expat->set_comment(parser, on_comment);
    bool is_whole = parse_pieces(expat, parser, data, size, &parse.is_left, true);
    expat->free(parser);
    Node *root = tree_node(&checker->tree, 0);
    root->end = checker->tree.nodes.count;
    root->text_end = checker->tree.text.count;
    return is_whole && (structure == NULL || structure_is_accepted(structure));
}

/* -- lines */

typedef struct {
    const Expat *expat;
    XML_Parser parser;
    const NodeId *nodes;
    uint32_t *lines;
    uint32_t count;
    uint32_t told;
    NodeId place;
    bool is_over;
} Lines;

static void on_start_of_line(void *data, const char *name, const char **attributes)
{
    (void)name, (void)attributes;
    Lines *lines = data;
    lines->place++;
    while (lines->told < lines->count && lines->nodes[lines->told] == lines->place)
        lines->lines[lines->told++] = (uint32_t)lines->expat->line(lines->parser);
    lines->is_over = lines->told == lines->count;
}

bool parse_lines(const Expat *expat, const char *data, size_t size, const NodeId *nodes,
                 uint32_t count, uint32_t *lines)
{
    Lines found = {.expat = expat, .nodes = nodes, .lines = lines, .count = count};
    memset(lines, 0, count * sizeof(uint32_t));
    found.parser = expat->create(NULL, NULL, NULL);
    if (found.parser == NULL)
        return false;
    expat->set_data(found.parser, &found);
    expat->set_elements(found.parser, on_start_of_line, NULL);
    bool is_whole = parse_pieces(expat, found.parser, data, size, &found.is_over, true);
    expat->free(found.parser);
    return is_whole || found.is_over;
}
