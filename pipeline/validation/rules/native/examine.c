#include "examine.h"

#include <string.h>

#include "pieces.h"

static void on_start(void *data, const char *name, const char **attributes)
{
    StructureCheck *check = data;
    const char *space = strrchr(name, ' ');
    size_t uri_size = space == NULL ? 0 : (size_t)(space - name);
    const char *local = space == NULL ? name : space + 1;
    uint32_t symbol =
        structure_element_symbol(check->tables, name, uri_size, local, strlen(local));
    structure_open(check, symbol, attributes);
}

static void on_end(void *data, const char *name)
{
    (void)name;
    structure_close(data);
}

static void on_text(void *data, const char *text, int size)
{
    structure_text(data, text, (size_t)size);
}

static void on_comment(void *data, const char *text)
{
    (void)text;
    structure_comment(data);
}

static void on_instruction(void *data, const char *target, const char *text)
{
    (void)text;
    structure_instruction(data, target);
}

static void on_namespace(void *data, const char *prefix, const char *uri)
{
    structure_declaration(data, prefix, uri);
}

static XML_Parser new_parser(const Expat *expat, StructureCheck *check)
{
    XML_Parser parser = expat->create("UTF-8", NULL, " ");
    if (parser == NULL)
        return NULL;
    expat->set_data(parser, check);
    expat->set_elements(parser, on_start, on_end);
    expat->set_text(parser, on_text);
    expat->set_comment(parser, on_comment);
    expat->set_instruction(parser, on_instruction);
    expat->set_namespaces(parser, on_namespace, NULL);
    return parser;
}

bool examine_structure(const Expat *expat, const char *data, size_t size, StructureCheck *check)
{
    XML_Parser parser = new_parser(expat, check);
    if (parser == NULL)
        return false;
    bool is_parsed = parse_pieces(expat, parser, data, size, &check->is_accepted, false);
    expat->free(parser);
    return is_parsed && structure_is_accepted(check);
}
