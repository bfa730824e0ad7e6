#include "parse.h"

#include <string.h>

#include "evaluate.h"

typedef struct {
    Checker *checker;
    StructureCheck *structure; /* NULL when nobody asks for it */
    NodeId current;
    uint32_t depth;
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

static bool add_attributes(Checker *checker, Node *node)
{
    Tree *tree = &checker->tree;
    const Scan *element = &checker->scan;
    node->attributes = tree->attributes.count;
    if (element->attribute_count > checker->limits.attributes_max ||
        !vector_reserve(&tree->attributes, element->attribute_count, sizeof(Attribute)))
        return false;
    for (uint32_t place = 0; place < element->attribute_count; place++) {
        const ScanAttribute *given = element->attributes + place;
        ((Attribute *)tree->attributes.items)[tree->attributes.count++] = (Attribute){
            program_attribute(checker->program, given->name.written), given->value};
    }
    node->attribute_count = element->attribute_count;
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

static bool name_node(const Parse *parse, Node *node, NodeId id)
{
    Checker *checker = parse->checker;
    bool is_new;
    if (!names_find(&checker->names, &checker->tree.names, &checker->scan.name, &node->name,
                    &is_new))
        return false;
    return !is_new || learn_name(parse, id);
}

/* What the structure does not accept is looked into by others, so that the rest is of no use. */
static bool is_of_use(const Parse *parse)
{
    return parse->structure == NULL || parse->structure->is_accepted;
}

static bool note_node(Checker *checker, NodeId id)
{
    Node *node = tree_node(&checker->tree, id);
    const State *state = checker->automaton.states + node->state;
    node->symbol = state->short_name;
    if (state->is_of_interest && !note(checker, state, id))
        return false;
    return node->attribute_count == 0 || note_attributes(checker, state, id);
}

static bool open(Parse *parse)
{
    Checker *checker = parse->checker;
    NodeId id;
    Node *node = add_node(parse, &id);
    if (node == NULL || ++parse->depth > checker->limits.depth_max ||
        !names_enter(&checker->names, &checker->scan, parse->depth) ||
        !add_attributes(checker, node) || !name_node(parse, node, id))
        return false;
    const Name *name = tree_name(&checker->tree, id);
    if (parse->structure != NULL)
        structure_open(parse->structure, name->structure, &checker->scan);
    uint32_t parent_state = tree_node(&checker->tree, parse->current)->state;
    node->state = automaton_step(&checker->automaton, parent_state, name->symbol);
    parse->current = id;
    return node->state != NONE && note_node(checker, id) && is_of_use(parse);
}

static bool close(Parse *parse)
{
    Tree *tree = &parse->checker->tree;
    Node *node = tree_node(tree, parse->current);
    node->end = tree->nodes.count;
    node->text_end = tree->text.count;
    parse->current = node->parent;
    names_leave(&parse->checker->names, parse->depth--);
    if (parse->structure != NULL)
        structure_close(parse->structure);
    return is_of_use(parse);
}

static bool add_text(Parse *parse)
{
    const Scan *scan = &parse->checker->scan;
    Vector *all = &parse->checker->tree.text;
    if (!vector_reserve(all, scan->text.size, 1))
        return false;
    memcpy((char *)all->items + all->count, scan->text.at, scan->text.size);
    all->count += scan->text.size;
    if (parse->structure != NULL)
        structure_text(parse->structure, scan->text, scan->is_blank);
    return is_of_use(parse);
}

static bool take_event(Parse *parse, ScanEvent event)
{
    if (event == SCAN_OPEN)
        return open(parse);
    if (event == SCAN_CLOSE)
        return close(parse);
    if (event == SCAN_TEXT)
        return add_text(parse);
    if (parse->structure != NULL && event == SCAN_COMMENT)
        structure_comment(parse->structure);
    if (parse->structure != NULL && event == SCAN_INSTRUCTION)
        structure_instruction(parse->structure, parse->checker->scan.name.written);
    return is_of_use(parse);
}

/* -- the pass */

static bool start(Checker *checker, const char *data, size_t size, const StructureCheck *structure)
{
    return scan_start(&checker->scan, data, size, &checker->kept) &&
           checker->scan.tags <= checker->limits.nodes_max &&
           (structure == NULL || structure_may_take(structure, &checker->scan)) &&
           checker_clear(checker, structure != NULL ? structure->tables : NULL) &&
           vector_reserve(&checker->tree.text, (uint32_t)size, 1);
}

bool parse_document(Checker *checker, const char *data, size_t size, StructureCheck *structure)
{
    Parse parse = {.checker = checker, .structure = structure};
    if (!start(checker, data, size, structure))
        return false;
    ScanEvent event;
    while ((event = scan_next(&checker->scan)) > SCAN_END)
        if (!take_event(&parse, event))
            return false;
    Node *root = tree_node(&checker->tree, 0);
    root->end = checker->tree.nodes.count;
    root->text_end = checker->tree.text.count;
    return event == SCAN_END && (structure == NULL || structure_is_accepted(structure));
}

/* -- lines */

bool parse_lines(Scan *scan, const char *data, size_t size, const NodeId *nodes, uint32_t count,
                 uint32_t *lines)
{
    const char *known = data;
    uint32_t line = 1, told = 0;
    NodeId place = 0;
    memset(lines, 0, count * sizeof(uint32_t));
    if (!scan_start(scan, data, size, scan->arena))
        return false;
    for (ScanEvent event = scan_next(scan); event > SCAN_END && told < count;
         event = scan_next(scan)) {
        if (event != SCAN_OPEN || ++place != nodes[told])
            continue;
        line += scan_lines(known, scan->tag);
        known = scan->tag;
        while (told < count && nodes[told] == place)
            lines[told++] = line;
    }
    return told == count;
}
