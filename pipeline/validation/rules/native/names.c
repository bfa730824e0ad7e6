#include "names.h"

#include <string.h>

#include "fault.h"

#define BYTES_KEPT ((size_t)1 << 16)
#define NO_NAME UINT32_MAX
#define NAMES_KEPT 1024
#define NAMES_MAX 4096 /* a document with more is left to others; real ones have a hundred */
#define TEXT_MAX ((size_t)16 << 20)
#define CONTEXT_TEXT_MAX 256
#define NOTHING_DECLARED 1

static const Text XML_PREFIX = {"xml", 3};
static const Text XMLNS_PREFIX = {"xmlns", 5};
static const Text XML_URI = {"http://www.w3.org/XML/1998/namespace", 36};
static const Text XMLNS_URI = {"http://www.w3.org/2000/xmlns/", 29};

void names_begin(Names *names)
{
    *names = (Names){0};
    arena_start(&names->arena, TEXT_MAX);
}

static void forget(Names *names, Vector *all)
{
    memset(names->buckets, 0xff, sizeof names->buckets);
    arena_reset(&names->arena);
    all->count = 0;
    names->versions = NOTHING_DECLARED;
    names->context_count = 0;
    names->is_spoilt = false;
}

bool names_start(Names *names, Vector *all, const void *schemas, bool forgets)
{
    vector_clear(&names->bindings, sizeof(Binding), BYTES_KEPT);
    bool is_of_others = schemas != NULL && schemas != names->schemas;
    bool is_much = all->count > NAMES_KEPT || names->context_count == CONTEXTS_KEPT ||
                   names->versions > UINT32_MAX / 2;
    bool is_first = all->count == 0;
    if (forgets || is_of_others || is_much || is_first || names->is_spoilt) {
        forget(names, all);
        names->schemas = schemas;
        if (!vector_reserve(all, 1, sizeof(Name)))
            return false;
        ((Name *)all->items)[all->count++] = (Name){.next = NO_NAME};
    }
    names->version = NOTHING_DECLARED;
    names->last = 0;
    return true;
}

void names_end(Names *names)
{
    vector_end(&names->bindings);
    arena_end(&names->arena);
}

static Text prefix_of(const ScanName *name)
{
    return (Text){name->written.at, name->prefix_size > 0 ? name->prefix_size - 1 : 0};
}

static Text local_of(const ScanName *name)
{
    return (Text){name->written.at + name->prefix_size, name->written.size - name->prefix_size};
}

/* -- declarations */

static const Binding *binding_of(const Names *names, Text prefix)
{
    const Binding *all = names->bindings.items;
    for (uint32_t place = names->bindings.count; place > 0; place--)
        if (text_equal(all[place - 1].prefix, prefix))
            return all + place - 1;
    return NULL;
}

static bool is_plain(Text prefix, Text uri)
{
    if (text_equal(prefix, XML_PREFIX) || text_equal(prefix, XMLNS_PREFIX))
        return false;
    if (text_equal(uri, XML_URI) || text_equal(uri, XMLNS_URI))
        return false;
    if (uri.size > 0 && memchr(uri.at, ' ', uri.size) != NULL)
        return false;
    return prefix.size == 0 || uri.size > 0; /* only the default namespace may be taken back */
}

/* Has the next documents know a version by what it adds to the one before. */
static void keep_context(Names *names, Text prefix, Text uri)
{
    Fault fault;
    Context *context = names->contexts + names->context_count;
    if (names->context_count == CONTEXTS_KEPT || prefix.size > CONTEXT_TEXT_MAX ||
        uri.size > CONTEXT_TEXT_MAX ||
        !text_copy(prefix, &names->arena, &context->prefix, &fault) ||
        !text_copy(uri, &names->arena, &context->uri, &fault))
        return;
    context->before = names->version;
    context->version = names->versions;
    names->context_count++;
}

static uint32_t version_with(Names *names, Text prefix, Text uri)
{
    for (uint32_t place = 0; place < names->context_count; place++) {
        const Context *context = names->contexts + place;
        if (context->before == names->version && text_equal(context->prefix, prefix) &&
            text_equal(context->uri, uri))
            return context->version;
    }
    names->versions++;
    keep_context(names, prefix, uri);
    return names->versions;
}

static bool declare(Names *names, const ScanAttribute *declaration, uint32_t depth)
{
    bool has_prefix = declaration->name.prefix_size > 0; /* of "xmlns:prefix" */
    Text prefix = has_prefix ? local_of(&declaration->name) : (Text){NULL, 0};
    Text uri = declaration->value;
    if (!is_plain(prefix, uri) || !vector_reserve(&names->bindings, 1, sizeof(Binding)))
        return false;
    Binding *binding = (Binding *)names->bindings.items + names->bindings.count++;
    *binding = (Binding){prefix, uri, depth, names->version};
    names->version = version_with(names, prefix, uri);
    return true;
}

void names_leave(Names *names, uint32_t depth)
{
    const Binding *all = names->bindings.items;
    while (names->bindings.count > 0 && all[names->bindings.count - 1].depth == depth)
        names->version = all[--names->bindings.count].before;
}

/* Two attributes with different prefixes may have one name in the end, which is refused. */
static bool may_be_twin(const ScanAttribute *first, const ScanAttribute *attribute)
{
    for (const ScanAttribute *other = first; other < attribute; other++)
        if (other->name.prefix_size > 0 &&
            text_equal(local_of(&other->name), local_of(&attribute->name)))
            return true;
    return false;
}

static bool allows(const Names *names, const Scan *element, const ScanAttribute *attribute)
{
    if (attribute->name.prefix_size == 0)
        return true;
    Text prefix = prefix_of(&attribute->name);
    bool is_known = text_equal(prefix, XML_PREFIX) || binding_of(names, prefix) != NULL;
    return is_known && !may_be_twin(element->attributes, attribute);
}

bool names_enter(Names *names, const Scan *element, uint32_t depth)
{
    for (uint32_t place = 0; place < element->declaration_count; place++)
        if (!declare(names, element->declarations + place, depth))
            return false;
    for (uint32_t place = 0; place < element->attribute_count; place++)
        if (!allows(names, element, element->attributes + place))
            return false;
    return true;
}

/* -- elements */

static uint32_t hash_of(Text name)
{
    uint32_t hash = 2166136261u;
    for (uint32_t place = 0; place < name.size; place++)
        hash = (hash ^ (unsigned char)name.at[place]) * 16777619u;
    return hash;
}

/* The name as written; with a `uri` the one that is in this namespace. */
static Name *seen_before(const Names *names, const Vector *all, const Name *wanted, const Text *uri)
{
    Name *first = all->items;
    for (uint32_t place = names->buckets[wanted->hash % NAME_BUCKETS]; place != NO_NAME;
         place = first[place].next)
        if (first[place].hash == wanted->hash &&
            text_equal(first[place].written, wanted->written) &&
            (uri != NULL ? text_equal(first[place].uri, *uri)
                         : first[place].bindings == names->version))
            return first + place;
    return NULL;
}

static bool uri_of(const Names *names, const ScanName *name, Text *uri)
{
    const Binding *binding = binding_of(names, prefix_of(name));
    if (binding == NULL && name->prefix_size > 0)
        return false;
    *uri = binding != NULL ? binding->uri : (Text){NULL, 0};
    return true;
}

static bool add_name(Names *names, Vector *all, Name name, uint32_t *number)
{
    Fault fault;
    if (all->count >= NAMES_MAX || !vector_reserve(all, 1, sizeof(Name)) ||
        !text_copy(name.written, &names->arena, &name.written, &fault) ||
        !text_copy(name.uri, &names->arena, &name.uri, &fault))
        return false;
    uint32_t *bucket = names->buckets + name.hash % NAME_BUCKETS;
    name.next = *bucket;
    *number = *bucket = all->count;
    ((Name *)all->items)[all->count++] = name;
    return true;
}

/* Elements mostly come in the same order, so that no hash has to be made of their names. */
static bool is_follower(const Names *names, const Vector *all, Text name, uint32_t *number)
{
    const Name *first = all->items;
    *number = first[names->last].follower;
    const Name *guess = first + *number;
    return *number != 0 && guess->bindings == names->version && text_equal(name, guess->written);
}

static bool look_up(Names *names, Vector *all, const ScanName *name, uint32_t *number, bool *is_new)
{
    Name fresh = {.bindings = names->version,
                  .written = name->written,
                  .prefix_size = name->prefix_size,
                  .hash = hash_of(name->written)};
    Name *seen = seen_before(names, all, &fresh, NULL);
    *is_new = false;
    if (seen == NULL) {
        if (!uri_of(names, name, &fresh.uri))
            return false;
        seen = seen_before(names, all, &fresh, &fresh.uri);
        *is_new = seen == NULL;
    }
    if (*is_new)
        return add_name(names, all, fresh, number);
    seen->bindings = names->version;
    *number = (uint32_t)(seen - (Name *)all->items);
    return true;
}

bool names_find(Names *names, Vector *all, const ScanName *name, uint32_t *number, bool *is_new)
{
    *is_new = false;
    if (!is_follower(names, all, name->written, number)) {
        if (!look_up(names, all, name, number, is_new))
            return false;
        ((Name *)all->items)[names->last].follower = *number;
    }
    names->last = *number;
    return true;
}
