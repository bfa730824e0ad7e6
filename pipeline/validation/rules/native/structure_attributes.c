#include "structure_parts.h"

#include "structure_values.h"

#define XSI "http://www.w3.org/2001/XMLSchema-instance"
#define NAME_MAX 1000 /* bytes; libxml2 refuses names of over 50,000 */

static bool is_plain_uri(Text uri)
{
    static const Text RESERVED[] = {TEXT_OF("http://www.w3.org/XML/1998"),
                                    TEXT_OF("http://www.w3.org/2000/xmlns")};
    return uri.size > 0 && uri.size <= NAME_MAX && value_is(VALUE_ANY_URI, uri.at, uri.size) &&
           !is_xml_space(uri.at[0]) && !is_xml_space(uri.at[uri.size - 1]) &&
           !text_starts_with(uri, RESERVED[0]) && !text_starts_with(uri, RESERVED[1]);
}

static void check_declaration(StructureCheck *check, const ScanAttribute *declaration)
{
    Text uri = declaration->value, prefix = declaration->name.written;
    if (declaration->name.prefix_size == 0) {
        if (uri.size > 0 && !is_plain_uri(uri)) /* empty: no namespace from here on */
            structure_refuse(check);
        return;
    }
    prefix.at += declaration->name.prefix_size;
    prefix.size -= declaration->name.prefix_size;
    bool is_xsi = text_equal(prefix, TEXT_OF("xsi"));
    check->has_xsi = check->has_xsi || is_xsi;
    if (!is_plain_uri(uri) || text_starts_with(prefix, TEXT_OF("xml")) ||
        (is_xsi && !text_equal(uri, TEXT_OF(XSI))))
        structure_refuse(check);
}

/* Where a schema is to be found, in the opinion of the document: many say it, and nobody is to
 * look there. */
static bool is_schema_location(Text name)
{
    return text_equal(name, TEXT_OF("xsi:schemaLocation")) ||
           text_equal(name, TEXT_OF("xsi:noNamespaceSchemaLocation"));
}

static const TableAttribute *attributes_of(const StructureCheck *check, const TableType *type)
{
    return check->tables->attributes + type->attributes;
}

/* The place of an attribute in its type, `attribute_count` when it has none. */
static uint32_t find_attribute(const StructureCheck *check, const TableType *type, uint32_t symbol)
{
    const TableAttribute *first = attributes_of(check, type);
    uint32_t place = 0;
    while (place < type->attribute_count && first[place].symbol != symbol)
        place++;
    return place;
}

static bool has_required(const StructureCheck *check, const TableType *type, uint64_t seen)
{
    const TableAttribute *first = attributes_of(check, type);
    for (uint32_t place = 0; place < type->attribute_count; place++)
        if (first[place].is_required && (seen >> place & 1) == 0)
            return false;
    return true;
}

static void check_attribute(StructureCheck *check, const TableType *type, const TablePlace *fact,
                            const ScanAttribute *attribute, uint64_t *seen)
{
    Text name = attribute->name.written, value = attribute->value;
    uint32_t symbol = structure_attribute_symbol(check->tables, name.at, name.size);
    uint32_t place = find_attribute(check, type, symbol);
    if (place == type->attribute_count ||
        !value_is((ValueKind)attributes_of(check, type)[place].value, value.at, value.size)) {
        structure_refuse(check);
        return;
    }
    *seen |= UINT64_C(1) << place;
    if (fact != NULL)
        structure_keep_attribute(check, fact, symbol, value);
}

void structure_check_open_attributes(StructureCheck *check, const Scan *element)
{
    for (uint32_t place = 0; place < element->attribute_count; place++)
        if (element->attributes[place].name.prefix_size > 0)
            structure_refuse(check);
}

void structure_check_attributes(StructureCheck *check, const TableType *type,
                                const TablePlace *fact, const Scan *element)
{
    uint64_t seen = 0;
    bool has_location = false;
    for (uint32_t place = 0; place < element->attribute_count && check->is_accepted; place++) {
        const ScanAttribute *attribute = element->attributes + place;
        if (attribute->name.prefix_size > 0 && is_schema_location(attribute->name.written))
            has_location = true;
        else
            check_attribute(check, type, fact, attribute, &seen);
    }
    if ((has_location && !check->has_xsi) || !has_required(check, type, seen))
        structure_refuse(check);
}

void structure_check_declarations(StructureCheck *check, const Scan *element)
{
    uint32_t count = element->attribute_count + element->declaration_count;
    if (count > check->limits.attributes)
        structure_refuse(check);
    for (uint32_t place = 0; place < element->declaration_count; place++)
        check_declaration(check, element->declarations + place);
}
