#include "structure_module.h"

#include "examine.h"

/* What Python sees of the structure: tables that were loaded, and documents looked at with them. */

#define POOL_MAX 16 /* readers that are kept for the next documents */

typedef struct {
    PyObject_HEAD
    StructureTables tables;
    StructureReader *pool[POOL_MAX]; /* free ones; guarded by the lock of the interpreter */
    int pool_count;
} StructureObject;

static void drop_reader(StructureReader *reader)
{
    structure_reader_end(reader);
    PyMem_Free(reader);
}

static StructureReader *take_reader(StructureObject *structure)
{
    if (structure->pool_count > 0)
        return structure->pool[--structure->pool_count];
    StructureReader *reader = PyMem_Malloc(sizeof(StructureReader));
    if (reader != NULL)
        structure_reader_start(reader);
    return reader;
}

static void give_reader(StructureObject *structure, StructureReader *reader)
{
    if (structure->pool_count < POOL_MAX)
        structure->pool[structure->pool_count++] = reader;
    else
        drop_reader(reader);
}

static PyObject *structure_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"tables", NULL};
    const char *data;
    Py_ssize_t size;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "y#", names, &data, &size))
        return NULL;
    StructureTables tables;
    if (!structure_tables_load(&tables, (const unsigned char *)data, (size_t)size)) {
        PyErr_SetString(PyExc_ValueError, "these are no tables");
        return NULL;
    }
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    StructureObject *self = (StructureObject *)allocate(type, 0);
    if (self == NULL) {
        structure_tables_end(&tables);
        return NULL;
    }
    self->tables = tables;
    self->pool_count = 0;
    return (PyObject *)self;
}

static void structure_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    StructureObject *structure = (StructureObject *)self;
    while (structure->pool_count > 0)
        drop_reader(structure->pool[--structure->pool_count]);
    structure_tables_end(&structure->tables);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyObject *kept_text(const StructureCheck *check, size_t at, size_t size)
{
    if (size == SIZE_MAX)
        Py_RETURN_NONE;
    const char *text = size == 0 ? "" : check->kept.items + at;
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)size, "strict");
}

static PyObject *text_of_fact(const StructureCheck *check, const StructureFact *fact)
{
    if (!fact->is_object)
        return kept_text(check, fact->text, fact->text_size);
    const char *bytes = fact->text_size == 0 ? "" : check->objects.items + fact->text;
    return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)fact->text_size);
}

int structure_read_request(PyObject *arguments, void *address)
{
    StructureRequest *request = address;
    Py_ssize_t bytes, nodes;
    int wants_objects;
    if (!PyArg_ParseTuple(arguments, "nnIIp", &bytes, &nodes, &request->limits.depth,
                          &request->limits.attributes, &wants_objects))
        return 0;
    request->limits.bytes = (size_t)bytes;
    request->limits.nodes = (size_t)nodes;
    request->wants_objects = wants_objects != 0;
    return 1;
}

/* (number of the place, text or bytes, (attribute or None, attribute or None)) */
static PyObject *fact_tuple(const StructureCheck *check, const StructureFact *fact)
{
    PyObject *text = text_of_fact(check, fact);
    PyObject *first = kept_text(check, fact->attributes[0], fact->attribute_sizes[0]);
    PyObject *second = kept_text(check, fact->attributes[1], fact->attribute_sizes[1]);
    PyObject *tuple = NULL;
    if (text != NULL && first != NULL && second != NULL)
        tuple = Py_BuildValue("(kO(OO))", (unsigned long)fact->number, text, first, second);
    Py_XDECREF(text);
    Py_XDECREF(first);
    Py_XDECREF(second);
    return tuple;
}

static PyObject *facts_list(const StructureCheck *check, bool of_objects)
{
    PyObject *facts = PyList_New(0);
    for (uint32_t place = 0; facts != NULL && place < check->fact_count; place++) {
        if (check->facts[place].is_object != of_objects)
            continue;
        PyObject *fact = fact_tuple(check, check->facts + place);
        if (fact == NULL || PyList_Append(facts, fact) < 0)
            Py_CLEAR(facts);
        Py_XDECREF(fact);
    }
    return facts;
}

PyObject *structure_answer(const StructureCheck *check)
{
    PyObject *texts = facts_list(check, false);
    PyObject *objects = texts == NULL ? NULL : facts_list(check, true);
    if (objects == NULL) {
        Py_XDECREF(texts);
        return NULL;
    }
    return Py_BuildValue("(kNN)", (unsigned long)check->root, texts, objects);
}

static PyObject *structure_examine_document(PyObject *self, PyObject *arguments)
{
    const char *data;
    Py_ssize_t size;
    StructureRequest request;
    if (!PyArg_ParseTuple(arguments, "y#O&", &data, &size, structure_read_request, &request))
        return NULL;
    StructureObject *structure = (StructureObject *)self;
    StructureReader *reader = take_reader(structure);
    if (reader == NULL)
        return PyErr_NoMemory();
    StructureCheck *check = &reader->check;
    structure_start(check, &structure->tables, request.limits, request.wants_objects);
    bool is_accepted;
    Py_BEGIN_ALLOW_THREADS /* `data` belongs to `arguments`, which the caller holds */
    is_accepted = examine_structure(reader, data, (size_t)size);
    Py_END_ALLOW_THREADS
    PyObject *result = is_accepted ? structure_answer(check) : Py_None;
    if (!is_accepted)
        Py_INCREF(Py_None);
    structure_end(check);
    give_reader(structure, reader);
    return result;
}

static PyMethodDef structure_methods[] = {
    {"examine", structure_examine_document, METH_VARARGS,
     "examine(document, (bytes_max, nodes_max, depth_max, attributes_max, wants_objects))\n--\n\n"
     "The number of the root, texts and objects found; None when the document is not accepted."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot structure_slots[] = {
    {Py_tp_new, structure_new},
    {Py_tp_dealloc, structure_dealloc},
    {Py_tp_methods, structure_methods},
    {Py_tp_doc, "Schemas as tables, which documents are checked with."},
    {0, NULL},
};

static PyType_Spec structure_spec = {
    .name = "pipeline.validation.rules._native.Structure",
    .basicsize = sizeof(StructureObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = structure_slots,
};

int add_structure_type(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&structure_spec);
    if (type == NULL)
        return -1;
    int result = PyModule_AddObjectRef(module, "Structure", type);
    Py_DECREF(type);
    return result;
}

const StructureTables *structure_tables_of(PyObject *structure)
{
    if (PyType_GetSlot(Py_TYPE(structure), Py_tp_dealloc) == (void *)structure_dealloc)
        return &((StructureObject *)structure)->tables;
    PyErr_SetString(PyExc_TypeError, "a Structure is expected");
    return NULL;
}
