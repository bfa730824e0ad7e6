#include "evaluate.h"

#include <string.h>

#include "builtins.h"
#include "expression.h"
#include "run.h"

/* -- statements */

/* Ends in the fault of a variable, before its value is used. */
static bool check_variables(Run *run, const Statement *statement)
{
    const uint32_t *slots = run->program->operands + statement->c;
    for (uint32_t place = 0; place < statement->kind >> 16; place++) {
        if (slots[place] >= run->slots)
            return unsupported(run);
        const Value *value = run->frame + slots[place];
        if (value->kind == VALUE_FAULT) {
            run->fault = *value->as.fault;
            return false;
        }
    }
    return true;
}

static bool assign(Run *run, uint32_t slot, const Value *value)
{
    if (slot >= run->slots)
        return unsupported(run);
    run->frame[slot] = *value;
    return true;
}

static bool let(Run *run, const Statement *statement)
{
    Value value;
    if (check_variables(run, statement) && evaluate(run, statement->b, &value))
        return assign(run, statement->a, &value);
    if (run->fault.kind == FAULT_UNSUPPORTED)
        return false;
    Fault *fault = arena_take(run->arena, sizeof(Fault));
    if (fault == NULL)
        return unsupported(run);
    *fault = run->fault;
    value = (Value){.kind = VALUE_FAULT, .as.fault = fault};
    return assign(run, statement->a, &value);
}

static bool assign_value(Run *run, const Statement *statement)
{
    Value value;
    return evaluate(run, statement->b, &value) && assign(run, statement->a, &value);
}

/* -- failures */

typedef struct {
    Run *run;
    Vector *failures; /* of Failure */
    NodeId node;
} Report;

static bool add_failure(Report *report, uint32_t assertion, NodeId node, const Fault *fault)
{
    Checker *checker = report->run->checker;
    Failure failure = {.assertion = assertion, .node = node, .is_fault = fault != NULL};
    if (fault != NULL && !fault_words(fault, &checker->kept, &failure.words))
        return unsupported(report->run);
    if (!vector_reserve(report->failures, 1, sizeof(Failure)))
        return unsupported(report->run);
    ((Failure *)report->failures->items)[report->failures->count++] = failure;
    return true;
}

static bool assert_statement(Report *report, const Statement *statement)
{
    Run *run = report->run;
    ArenaMark mark = arena_mark(run->arena);
    bool is_held = false, is_fine = true;
    if (!check_variables(run, statement) || !holds(run, statement->b, &is_held))
        is_fine = run->fault.kind != FAULT_UNSUPPORTED &&
                  add_failure(report, statement->a, report->node, &run->fault);
    else if (!is_held)
        is_fine = add_failure(report, statement->a, report->node, NULL);
    arena_rewind(run->arena, mark);
    return is_fine;
}

static bool is_among(const uint32_t *numbers, uint32_t count, uint32_t number)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && numbers[low] == number;
}

/* What the automaton found on the ways that these assertions forbid. */
static bool add_hits(Report *report, const Statement *statement)
{
    const Checker *checker = report->run->checker;
    const uint32_t *numbers = checker->program->operands + statement->a;
    const Hit *hits = checker->hits.items;
    for (uint32_t place = 0; place < checker->hits.count; place++)
        if (is_among(numbers, statement->b, hits[place].assertion) &&
            !add_failure(report, hits[place].assertion, hits[place].node, NULL))
            return false;
    return true;
}

/* -- functions */

/* Runs the statements of a function. `report` is there for rules only; `*gives` says whether there
 * is a result. */
static bool run_statements(Run *run, const Function *function, Report *report, Value *result,
                           bool *gives)
{
    uint32_t place = function->statements, end = place + function->statement_count;
    bool is_fine = true, is_held;
    *gives = false;
    while (is_fine && place < end) {
        const Statement *statement = run->program->statements + place++;
        switch (statement->kind & 0xffff) {
        case STATEMENT_ASSERT:
            is_fine = report != NULL ? assert_statement(report, statement) : unsupported(run);
            break;
        case STATEMENT_HITS:
            is_fine = report != NULL ? add_hits(report, statement) : unsupported(run);
            break;
        case STATEMENT_LET: is_fine = let(run, statement); break;
        case STATEMENT_ASSIGN: is_fine = assign_value(run, statement); break;
        case STATEMENT_CHECK: is_fine = check_variables(run, statement); break;
        case STATEMENT_UNLESS:
            is_fine = holds(run, statement->a, &is_held);
            if (is_fine && !is_held)
                place = statement->b;
            break;
        case STATEMENT_GIVE: *gives = true; return evaluate(run, statement->a, result);
        default:
            *gives = true;
            if (evaluate(run, statement->a, result))
                return true;
            *result = value_of_truth(false);
            return run->fault.kind != FAULT_UNSUPPORTED;
        }
    }
    return is_fine;
}

typedef struct {
    Value *frame;
    uint32_t slots;
} Caller;

static bool enter(Run *run, const Function *function, const Value *arguments, Caller *caller)
{
    *caller = (Caller){run->frame, run->slots};
    Value *frame = arena_take_many(run->arena, function->slots + 1u, sizeof(Value));
    if (frame == NULL || run->calls == CALLS_MAX)
        return unsupported(run);
    for (uint32_t slot = 0; slot < function->parameters; slot++)
        frame[slot] = arguments[slot];
    for (uint32_t slot = function->parameters; slot < function->slots; slot++)
        frame[slot].kind = VALUE_NONE;
    run->calls++;
    run->frame = frame;
    run->slots = function->slots;
    return true;
}

static void leave(Run *run, const Caller *caller)
{
    run->calls--;
    run->frame = caller->frame;
    run->slots = caller->slots;
}

bool call_function(Run *run, uint32_t number, const Value *arguments, Value *result)
{
    const Function *function = run->program->functions + number;
    Caller caller;
    bool gives = false;
    if (!enter(run, function, arguments, &caller))
        return false;
    bool is_fine = run_statements(run, function, NULL, result, &gives);
    leave(run, &caller);
    return is_fine && (gives || unsupported(run));
}

static bool call_rule(Report *report, uint32_t number)
{
    Run *run = report->run;
    const Function *function = run->program->functions + number;
    ArenaMark mark = arena_mark(run->arena);
    Value node = value_of_node(report->node), result;
    Caller caller;
    bool gives;
    if (!enter(run, function, &node, &caller))
        return false;
    bool is_fine = run_statements(run, function, report, &result, &gives);
    leave(run, &caller);
    arena_rewind(run->arena, mark);
    return is_fine;
}

/* -- rules */

/* The expression that is all there is to a condition, which is what most are; NONE for others. */
static uint32_t only_expression(const Program *program, const Function *function)
{
    const Statement *statement = program->statements + function->statements;
    bool is_only = function->statement_count == 1 && statement->kind == STATEMENT_GIVE_OR_FALSE;
    return is_only ? statement->a : NONE;
}

static bool call_condition(Run *run, uint32_t number, NodeId node, bool *is_held)
{
    const Function *function = run->program->functions + number;
    uint32_t expression = only_expression(run->program, function);
    Value argument = value_of_node(node), result;
    Caller caller;
    if (expression == NONE) {
        bool is_fine = call_function(run, number, &argument, &result);
        *is_held = is_fine && is_true(&result);
        return is_fine;
    }
    if (!enter(run, function, &argument, &caller))
        return false;
    bool is_fine = holds(run, expression, is_held);
    leave(run, &caller);
    return is_fine;
}

static bool condition_holds(Run *run, uint32_t function, NodeId node, bool *is_held)
{
    ArenaMark mark = arena_mark(run->arena);
    if (!call_condition(run, function, node, is_held)) {
        *is_held = false;
        return run->fault.kind != FAULT_UNSUPPORTED;
    }
    arena_rewind(run->arena, mark);
    return true;
}

static bool open_gates(Run *run, uint64_t *open)
{
    *open = 0;
    for (uint32_t gate = 0; gate < run->program->gate_count; gate++) {
        bool is_open;
        if (!condition_holds(run, run->program->gates[gate], 0, &is_open))
            return false;
        *open |= (uint64_t)is_open << gate;
    }
    return true;
}

/* The first rule of each pattern whose condition holds is the one that looks. */
static bool look(Report *report, const State *state, uint64_t open)
{
    const Program *program = report->run->program;
    uint32_t done = NONE;
    for (uint32_t place = 0; place < state->look_count; place++) {
        const Row *row = program->rows + state->looks[place];
        uint64_t gates = (uint64_t)row->gates_high << 32 | row->gates_low;
        bool is_held = true;
        if (row->number == done || (gates & ~open) != 0)
            continue;
        if (row->condition != NONE &&
            !condition_holds(report->run, row->condition, report->node, &is_held))
            return false;
        if (is_held && !call_rule(report, row->rule))
            return false;
        if (is_held)
            done = row->number;
    }
    return true;
}

static Run run_of(Checker *checker)
{
    return (Run){.checker = checker,
                 .program = checker->program,
                 .tree = &checker->tree,
                 .arena = &checker->scratch,
                 .steps = STEPS_MAX};
}

bool evaluate_start(Run *run, Checker *checker)
{
    uint32_t nodes = checker->tree.nodes.count, values = checker->program->memo_count;
    *run = run_of(checker);
    run->memo = arena_take_many(&checker->kept, values + 1u, sizeof(Value));
    run->node_memo = arena_take_many(&checker->kept, nodes, sizeof *run->node_memo);
    if (run->memo == NULL || run->node_memo == NULL)
        return unsupported(run);
    for (uint32_t number = 0; number < values; number++)
        run->memo[number] = value_none();
    memset(run->node_memo, 0, nodes * sizeof *run->node_memo);
    return true;
}

bool evaluate_rules(Run *run)
{
    Checker *checker = run->checker;
    Report report = {.run = run, .failures = &checker->failures};
    const NodeId *work = checker->work.items;
    uint64_t open;
    if (!open_gates(run, &open))
        return false;
    for (uint32_t place = 0; place < checker->work.count; place++) {
        report.node = work[place];
        const Node *node = tree_node(&checker->tree, report.node);
        if (!look(&report, checker->automaton.states + node->state, open))
            return false;
    }
    return true;
}

bool evaluate_name_test(Checker *checker, uint32_t function, NodeId node, bool *is_held)
{
    Run run = run_of(checker); /* nothing is kept: enough for questions about names */
    return condition_holds(&run, function, node, is_held);
}
