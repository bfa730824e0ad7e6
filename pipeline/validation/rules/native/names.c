#include "names.h"

#include <string.h>

#include "fault.h"

#define BYTES_KEPT ((size_t)1 << 16)
#define NO_NAME UINT32_MAX
#define NAMES_KEPT 1024
#define NAMES_MAX 4096 /* a document with more is left to Python; real ones have a hundred */
#define TEXT_MAX ((size_t)16 << 20)

static const Text XML_PREFIX = {"xml", 3};
static const Text XMLNS_PREFIX = {"xmlns", 5};
static const Text XML_URI = {"http://www.w3.org/XML/1998/namespace", 36};
static const Text XMLNS_URI = {"http://www.w3.org/2000/xmlns/", 29};

void names_begin(Names *names)
{
    *names = (Names){0};
    arena_start(&names->arena, TEXT_MAX);
}

static void forget(Names *names, Tree *tree)
{
    memset(names->buckets, 0xff, sizeof names->buckets);
    arena_reset(&names->arena);
    tree->names.count = 0;
    names->versions = 0;
    names->is_spoilt = false;
}

bool names_start(Names *names, Tree *tree, const void *schemas, bool forgets)
{
    vector_clear(&names->bindings, sizeof(Binding), BYTES_KEPT);
    bool is_of_others = schemas != NULL && schemas != names->schemas;
    bool is_much = tree->names.count > NAMES_KEPT || names->versions > UINT32_MAX / 2;
    bool is_first = tree->names.count == 0;
    if (forgets || is_of_others || is_much || is_first || names->is_spoilt) {
        forget(names, tree);
        names->schemas = schemas;
        if (!vector_reserve(&tree->names, 1, sizeof(Name)))
            return false;
        ((Name *)tree->names.items)[tree->names.count++] = (Name){.next = NO_NAME};
    }
    names->version = ++names->versions;
    names->last = 0;
    return true;
}

void names_end(Names *names)
{
    vector_end(&names->bindings);
    arena_end(&names->arena);
}

static bool starts_a_name(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

/* The size of the prefix with its colon, 0 without one; false for names that are no qualified
 * ones, or whose second part starts with a letter that only a table would tell. */
static bool split(Text name, uint32_t *prefix_size)
{
    const char *colon = memchr(name.at, ':', name.size);
    *prefix_size = 0;
    if (colon == NULL)
        return true;
    uint32_t size = (uint32_t)(colon - name.at) + 1;
    if (size == 1 || size == name.size || !starts_a_name(colon[1]))
        return false;
    if (memchr(colon + 1, ':', name.size - size) != NULL)
        return false;
    *prefix_size = size;
    return true;
}

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

static bool bind(Names *names, Text prefix, Text uri, uint32_t depth, Arena *arena)
{
    Fault fault;
    if (!is_plain(prefix, uri) || !vector_reserve(&names->bindings, 1, sizeof(Binding)))
        return false;
    Binding *binding = (Binding *)names->bindings.items + names->bindings.count;
    binding->depth = depth;
    if (!text_copy(prefix, arena, &binding->prefix, &fault) ||
        !text_copy(uri, arena, &binding->uri, &fault))
        return false;
    names->bindings.count++;
    names->version = ++names->versions;
    return true;
}

bool names_is_declaration(const char *name)
{
    return strncmp(name, "xmlns", 5) == 0 && (name[5] == '\0' || name[5] == ':');
}

bool names_declare(Names *names, const char *name, Text uri, uint32_t depth, Arena *arena)
{
    Text whole = {name, (uint32_t)strlen(name)};
    uint32_t prefix_size;
    if (!split(whole, &prefix_size))
        return false;
    return bind(names, (Text){name + prefix_size, prefix_size ? whole.size - prefix_size : 0}, uri,
                depth, arena);
}

void names_leave(Names *names, uint32_t depth)
{
    const Binding *all = names->bindings.items;
    while (names->bindings.count > 0 && all[names->bindings.count - 1].depth == depth) {
        names->bindings.count--;
        names->version = ++names->versions;
    }
}

static uint32_t hash_of(const char *name, uint32_t *size)
{
    uint32_t hash = 2166136261u;
    const char *at = name;
    for (; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    *size = (uint32_t)(at - name);
    return hash;
}

/* The name as written; with a `uri` the one that is in this namespace. */
static Name *seen_before(const Names *names, const Tree *tree, const Name *wanted, const Text *uri)
{
    Name *all = tree->names.items;
    for (uint32_t place = names->buckets[wanted->hash % NAME_BUCKETS]; place != NO_NAME;
         place = all[place].next)
        if (all[place].hash == wanted->hash && text_equal(all[place].written, wanted->written) &&
            (uri != NULL ? text_equal(all[place].uri, *uri)
                         : all[place].bindings == names->version))
            return all + place;
    return NULL;
}

static bool uri_of(const Names *names, Text written, uint32_t *prefix_size, Text *uri)
{
    if (!split(written, prefix_size))
        return false;
    Text prefix = {written.at, *prefix_size ? *prefix_size - 1 : 0};
    const Binding *binding = binding_of(names, prefix);
    if (binding == NULL && prefix.size > 0)
        return false;
    *uri = binding != NULL ? binding->uri : (Text){NULL, 0};
    return true;
}

static bool add_name(Names *names, Tree *tree, Name name, uint32_t *number)
{
    Fault fault;
    if (tree->names.count >= NAMES_MAX || !vector_reserve(&tree->names, 1, sizeof(Name)) ||
        !text_copy(name.written, &names->arena, &name.written, &fault) ||
        !text_copy(name.uri, &names->arena, &name.uri, &fault))
        return false;
    uint32_t *bucket = names->buckets + name.hash % NAME_BUCKETS;
    name.next = *bucket;
    *number = *bucket = tree->names.count;
    ((Name *)tree->names.items)[tree->names.count++] = name;
    return true;
}

/* Elements mostly come in the same order, so that no hash has to be made of their names. */
static bool is_follower(const Names *names, const Tree *tree, const char *name, uint32_t *number)
{
    const Name *all = tree->names.items;
    *number = all[names->last].follower;
    const Name *guess = all + *number;
    return *number != 0 && guess->bindings == names->version &&
           strncmp(name, guess->written.at, guess->written.size) == 0 &&
           name[guess->written.size] == '\0';
}

static bool look_up(Names *names, Tree *tree, const char *name, uint32_t *number, bool *is_new)
{
    Name fresh = {.bindings = names->version};
    fresh.hash = hash_of(name, &fresh.written.size);
    fresh.written.at = name;
    Name *seen = seen_before(names, tree, &fresh, NULL);
    *is_new = false;
    if (seen == NULL) {
        if (!uri_of(names, fresh.written, &fresh.prefix_size, &fresh.uri))
            return false;
        seen = seen_before(names, tree, &fresh, &fresh.uri);
        *is_new = seen == NULL;
    }
    if (*is_new)
        return add_name(names, tree, fresh, number);
    seen->bindings = names->version;
    *number = (uint32_t)(seen - (Name *)tree->names.items);
    return true;
}

bool names_find(Names *names, Tree *tree, const char *name, uint32_t *number, bool *is_new)
{
    *is_new = false;
    if (!is_follower(names, tree, name, number)) {
        if (!look_up(names, tree, name, number, is_new))
            return false;
        ((Name *)tree->names.items)[names->last].follower = *number;
    }
    names->last = *number;
    return true;
}

bool names_allow_attribute(const Names *names, Text name)
{
    uint32_t prefix_size;
    if (!split(name, &prefix_size))
        return false;
    if (prefix_size == 0)
        return true;
    Text prefix = {name.at, prefix_size - 1};
    return text_equal(prefix, XML_PREFIX) || binding_of(names, prefix) != NULL;
}
