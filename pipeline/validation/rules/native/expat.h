#ifndef RULES_EXPAT_H
#define RULES_EXPAT_H

/* The part of Python's own expat that its module pyexpat lends to others in a capsule.
 *
 * Declared here, so that neither headers nor a library of expat are needed to build. The capsule
 * is checked by its magic word and its size before it is used. */

#include <stddef.h>

#define EXPAT_CAPSULE "pyexpat.expat_CAPI"
#define EXPAT_MAGIC "pyexpat.expat_CAPI 1.1"

typedef struct XML_ParserStruct *XML_Parser;

typedef void (*ExpatStart)(void *data, const char *name, const char **attributes);
typedef void (*ExpatEnd)(void *data, const char *name);
typedef void (*ExpatText)(void *data, const char *text, int size);
typedef void (*ExpatInstruction)(void *data, const char *target, const char *text);
typedef void (*ExpatDoctype)(void *data, const char *name, const char *system, const char *public,
                             int has_subset);

typedef struct {
    char *magic;
    int size; /* of the struct as the interpreter knows it: later ones only add to its end */
    int major_version;
    int minor_version;
    int micro_version;
    const char *(*error_string)(int code);
    int (*error_code)(XML_Parser parser);
    unsigned long (*column)(XML_Parser parser);
    unsigned long (*line)(XML_Parser parser);
    int (*parse)(XML_Parser parser, const char *data, int size, int is_final);
    XML_Parser (*create)(const char *encoding, const void *memory, const char *separator);
    void (*free)(XML_Parser parser);
    void (*set_text)(XML_Parser parser, ExpatText handler);
    void (*set_comment)(XML_Parser parser, void (*handler)(void *data, const char *text));
    void (*set_default)(XML_Parser parser, ExpatText handler);
    void (*set_elements)(XML_Parser parser, ExpatStart start, ExpatEnd end);
    void (*set_namespaces)(XML_Parser parser,
                           void (*start)(void *data, const char *prefix, const char *uri),
                           void (*end)(void *data, const char *prefix));
    void (*set_instruction)(XML_Parser parser, ExpatInstruction handler);
    void (*set_unknown_encoding)(XML_Parser parser, void *handler, void *data);
    void (*set_data)(XML_Parser parser, void *data);
    void (*set_doctype)(XML_Parser parser, ExpatDoctype handler);
} Expat;

#endif
