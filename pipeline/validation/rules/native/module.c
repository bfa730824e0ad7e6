/* The module `_native`: the only file that knows Python.
 *
 * Checking holds no lock of the interpreter: bytes go in, and only findings are built with it. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "evaluate.h"
#include "operations.h"
#include "parse.h"
#include "report.h"
#include "structure_module.h"

#define POOL_MAX 16 /* checkers that are kept for the next documents */

typedef struct {
    PyObject_HEAD
    Program program;
    bool is_loaded;
    Limits limits;
    Checker *pool[POOL_MAX]; /* free ones; guarded by the lock of the interpreter */
    int pool_count;
} Rules;

/* -- checkers */

static void drop_checker(Checker *checker)
{
    checker_end(checker);
    PyMem_Free(checker);
}

static Checker *take_checker(Rules *rules)
{
    if (rules->pool_count > 0)
        return rules->pool[--rules->pool_count];
    Checker *checker = PyMem_Malloc(sizeof(Checker));
    if (checker != NULL && !checker_start(checker, &rules->program, rules->limits)) {
        drop_checker(checker);
        checker = NULL;
    }
    return checker;
}

static void give_checker(Rules *rules, Checker *checker)
{
    if (rules->pool_count < POOL_MAX)
        rules->pool[rules->pool_count++] = checker;
    else
        drop_checker(checker);
}

/* -- findings */

static PyObject *string_from(Text text)
{
    return PyUnicode_DecodeUTF8(text.at != NULL ? text.at : "", text.size, "strict");
}

static PyObject *list_of_texts(const Text *texts, uint32_t count)
{
    PyObject *list = PyList_New(count);
    for (uint32_t place = 0; list != NULL && place < count; place++) {
        PyObject *text = string_from(texts[place]);
        if (text == NULL)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, place, text);
    }
    return list;
}

static PyObject *list_of_witnesses(const Finding *finding)
{
    PyObject *list = PyList_New(finding->witness_count);
    for (uint32_t place = 0; list != NULL && place < finding->witness_count; place++) {
        const Witness *witness = finding->witnesses + place;
        PyObject *pair = Py_BuildValue("(IN)", witness->path, string_from(witness->text));
        if (pair == NULL)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, place, pair);
    }
    return list;
}

static PyObject *words_of(const Finding *finding)
{
    if (finding->is_fault)
        return string_from(finding->words);
    Py_INCREF(Py_None);
    return Py_None;
}

static PyObject *tuple_of(const Finding *finding)
{
    return Py_BuildValue("(INIINNN)", finding->assertion, string_from(finding->path),
                         finding->line, finding->count, words_of(finding),
                         list_of_witnesses(finding),
                         list_of_texts(finding->told, finding->told_count));
}

static PyObject *list_of(const Finding *findings, uint32_t count)
{
    PyObject *list = PyList_New(count);
    for (uint32_t place = 0; list != NULL && place < count; place++) {
        PyObject *tuple = tuple_of(findings + place);
        if (tuple == NULL)
            Py_CLEAR(list);
        else
            PyList_SetItem(list, place, tuple);
    }
    return list;
}

/* -- the type Rules */

/* What does not hold in a document that was parsed. */
static bool evaluate(Checker *checker, const char *data, size_t size, const Finding **findings,
                     uint32_t *count)
{
    Run run;
    *count = 0;
    if (!evaluate_start(&run, checker) || !evaluate_rules(&run))
        return false;
    return checker->failures.count == 0 || report_findings(&run, data, size, findings, count);
}

static PyObject *rules_check(PyObject *self, PyObject *document)
{
    Rules *rules = (Rules *)self;
    char *data;
    Py_ssize_t size;
    const Finding *findings = NULL;
    uint32_t count;
    bool is_done;
    if (PyBytes_AsStringAndSize(document, &data, &size) < 0)
        return NULL;
    Checker *checker = take_checker(rules);
    if (checker == NULL)
        return PyErr_NoMemory();
    Py_BEGIN_ALLOW_THREADS
    is_done = parse_document(checker, data, (size_t)size, NULL) &&
              evaluate(checker, data, (size_t)size, &findings, &count);
    Py_END_ALLOW_THREADS
    PyObject *result = is_done ? list_of(findings, count) : Py_None;
    if (!is_done)
        Py_INCREF(Py_None);
    give_checker(rules, checker);
    return result;
}

/* (what `structure_answer` gives, findings or None) */
static PyObject *accepted_tuple(const StructureCheck *structure, PyObject *findings)
{
    PyObject *accepted = findings != NULL ? structure_answer(structure) : NULL;
    PyObject *result = accepted != NULL ? PyTuple_Pack(2, accepted, findings) : NULL;
    Py_XDECREF(accepted);
    Py_XDECREF(findings);
    return result;
}

static PyObject *none(void)
{
    Py_INCREF(Py_None);
    return Py_None;
}

static PyObject *examine(Checker *checker, StructureCheck *structure, const char *data, size_t size)
{
    const Finding *findings = NULL;
    uint32_t count;
    bool is_accepted, is_done;
    Py_BEGIN_ALLOW_THREADS
    is_accepted = parse_document(checker, data, size, structure);
    is_done = is_accepted && evaluate(checker, data, size, &findings, &count);
    Py_END_ALLOW_THREADS
    if (!is_accepted)
        return none();
    return accepted_tuple(structure, is_done ? list_of(findings, count) : none());
}

static PyObject *rules_examine(PyObject *self, PyObject *arguments)
{
    Rules *rules = (Rules *)self;
    const char *data;
    Py_ssize_t size;
    PyObject *structure;
    StructureRequest request;
    if (!PyArg_ParseTuple(arguments, "y#OO&", &data, &size, &structure, structure_read_request,
                          &request))
        return NULL;
    const StructureTables *tables = structure_tables_of(structure);
    if (tables == NULL)
        return NULL;
    StructureCheck *check = PyMem_Malloc(sizeof(StructureCheck));
    Checker *checker = check != NULL ? take_checker(rules) : NULL;
    if (checker == NULL) {
        PyMem_Free(check);
        return PyErr_NoMemory();
    }
    structure_start(check, tables, request.limits, request.wants_objects);
    PyObject *result = examine(checker, check, data, (size_t)size);
    structure_end(check);
    PyMem_Free(check);
    give_checker(rules, checker);
    return result;
}

static PyObject *rules_parse(PyObject *self, PyObject *document)
{
    Rules *rules = (Rules *)self;
    char *data;
    Py_ssize_t size;
    bool is_done;
    if (PyBytes_AsStringAndSize(document, &data, &size) < 0)
        return NULL;
    Checker *checker = take_checker(rules);
    if (checker == NULL)
        return PyErr_NoMemory();
    Py_BEGIN_ALLOW_THREADS
    is_done = parse_document(checker, data, (size_t)size, NULL);
    Py_END_ALLOW_THREADS
    give_checker(rules, checker);
    return PyBool_FromLong(is_done);
}

static PyObject *rules_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"program", "max_nodes", "max_depth", "max_attributes", NULL};
    const char *data, *reason;
    Py_ssize_t size;
    Limits limits;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "y#III", names, &data, &size,
                                     &limits.nodes_max, &limits.depth_max, &limits.attributes_max))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Rules *rules = (Rules *)allocate(type, 0);
    if (rules == NULL)
        return NULL;
    rules->limits = limits;
    rules->pool_count = 0;
    rules->is_loaded = true;
    if (!program_load(&rules->program, data, (size_t)size, &reason)) {
        PyErr_Format(PyExc_ValueError, "the program cannot be loaded: %s", reason);
        Py_DECREF(rules);
        return NULL;
    }
    return (PyObject *)rules;
}

static void rules_free(PyObject *self)
{
    Rules *rules = (Rules *)self;
    PyTypeObject *type = Py_TYPE(self);
    while (rules->pool_count > 0)
        drop_checker(rules->pool[--rules->pool_count]);
    if (rules->is_loaded)
        program_end(&rules->program);
    freefunc free_it = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free_it(self);
    Py_DECREF(type);
}

static PyMethodDef RULES_METHODS[] = {
    {"check", rules_check, METH_O,
     "What does not hold in a document, None when the Python engine has to see to it."},
    {"examine", rules_examine, METH_VARARGS,
     "examine(document, structure, request)\n--\n\n"
     "As Structure.examine, with what does not hold in the document, or None for that alone when "
     "the Python engine has to see to it."},
    {"parse", rules_parse, METH_O, "Read a document and no more; for those who measure."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot RULES_SLOTS[] = {
    {Py_tp_doc, "A serialised program, loaded; used by several threads at once."},
    {Py_tp_new, (void *)rules_new},
    {Py_tp_dealloc, (void *)rules_free},
    {Py_tp_methods, RULES_METHODS},
    {0, NULL},
};

static PyType_Spec RULES_SPEC = {
    .name = "pipeline.validation.rules._native.Rules",
    .basicsize = sizeof(Rules),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = RULES_SLOTS,
};

/* -- the module */

#define NAME_AS_TEXT(name, operands) #name,
#define BUILTIN_AS_TEXT(name, least, most) #name,
static const char *const OPERATION_NAMES[] = {OPERATIONS(NAME_AS_TEXT) NULL};
static const char *const STATEMENT_NAMES[] = {STATEMENTS(NAME_AS_TEXT) NULL};
static const char *const BUILTIN_NAMES[] = {BUILTINS(BUILTIN_AS_TEXT) NULL};

static int add_names(PyObject *module, const char *name, const char *const *texts)
{
    PyObject *list = PyList_New(0);
    for (; list != NULL && *texts != NULL; texts++) {
        PyObject *text = PyUnicode_FromString(*texts);
        if (text == NULL || PyList_Append(list, text) < 0)
            Py_CLEAR(list);
        Py_XDECREF(text);
    }
    PyObject *tuple = list != NULL ? PyList_AsTuple(list) : NULL;
    Py_XDECREF(list);
    int result = tuple != NULL ? PyModule_AddObjectRef(module, name, tuple) : -1;
    Py_XDECREF(tuple);
    return result;
}

static int start_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &RULES_SPEC, NULL);
    if (type == NULL)
        return -1;
    int result = PyModule_AddObjectRef(module, "Rules", type);
    Py_DECREF(type);
    if (result < 0 || add_structure_type(module) < 0)
        return -1;
    return add_names(module, "OPERATIONS", OPERATION_NAMES) < 0 ||
                   add_names(module, "STATEMENTS", STATEMENT_NAMES) < 0 ||
                   add_names(module, "BUILTINS", BUILTIN_NAMES) < 0
               ? -1
               : 0;
}

static PyModuleDef_Slot MODULE_SLOTS[] = {
    {Py_mod_exec, (void *)start_module},
    {0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_native",
    .m_doc = "The native engine of compiled rules.",
    .m_slots = MODULE_SLOTS,
};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&MODULE); }
