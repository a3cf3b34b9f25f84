/* The tree of an expression, and how it becomes a flat program. */
#include "base/error.h"
#include "consumer/filter_compile.h"

#include <string.h>

enum {
    /* Each parenthesis adds at most an `or` and an `and`. */
    TREE_DEPTH_MAX = 2 * (ETWI_FILTER_DEPTH_MAX + 2),
};

static etw_status add_node(etwi_tree *tree, const etwi_tree_node *node, uint32_t *out)
{
    void *nodes = tree->nodes;
    ETWI_TRY(
        etwi_grow(&tree->allocator, &nodes, &tree->capacity, tree->count + 1, sizeof *tree->nodes));
    tree->nodes = nodes;
    tree->nodes[tree->count] = *node;
    *out = (uint32_t)tree->count++;
    return ETW_OK;
}

static uint8_t cost_of(const etwi_test *test)
{
    switch (test->kind) {
    case ETWI_TEST_NUMBER:
        return 0;
    case ETWI_TEST_GUID:
        return 1;
    default:
        return 2;
    case ETWI_TEST_NAMES:
        return 3;
    case ETWI_TEST_PROPERTY:
        return 4;
    }
}

etw_status etwi_tree_add_test(etwi_tree *tree, const etwi_test *test, uint32_t *out)
{
    void *tests = tree->tests;
    if (test->kind == ETWI_TEST_ALWAYS)
        return etwi_tree_add_constant(tree, test->none, out);
    ETWI_TRY(etwi_grow(&tree->allocator, &tests, &tree->test_capacity, tree->test_count + 1,
                       sizeof *tree->tests));
    tree->tests = tests;
    tree->tests[tree->test_count] = *test;
    const etwi_tree_node node = {
        ETWI_TREE_TEST, cost_of(test), false, false, (uint32_t)tree->test_count++, ETWI_TREE_NONE};
    return add_node(tree, &node, out);
}

etw_status etwi_tree_add_constant(etwi_tree *tree, bool value, uint32_t *out)
{
    const etwi_tree_node node = {ETWI_TREE_CONSTANT, 0, false, value, 0, ETWI_TREE_NONE};
    return add_node(tree, &node, out);
}

/* Children are in the order of the list backwards, by cost and among equals as they came. */
static void add_child(etwi_tree *tree, uint32_t parent, uint32_t child)
{
    etwi_tree_node *nodes = tree->nodes;
    uint32_t *place = &nodes[parent].first;
    while (*place != ETWI_TREE_NONE && nodes[*place].cost > nodes[child].cost)
        place = &nodes[*place].next;
    nodes[child].next = *place;
    *place = child;
    if (nodes[child].cost > nodes[parent].cost)
        nodes[parent].cost = nodes[child].cost;
}

etw_status etwi_tree_join(etwi_tree *tree, etwi_tree_kind kind, uint32_t left, uint32_t right,
                          uint32_t *out)
{
    if (tree->nodes[left].kind == kind && !tree->nodes[left].negated) {
        *out = left;
    } else {
        const etwi_tree_node node = {(uint8_t)kind, 0, false, false, ETWI_TREE_NONE,
                                     ETWI_TREE_NONE};
        ETWI_TRY(add_node(tree, &node, out));
        add_child(tree, *out, left);
    }
    add_child(tree, *out, right);
    return ETW_OK;
}

void etwi_tree_free(etwi_tree *tree)
{
    etwi_free(&tree->allocator, tree->nodes, tree->capacity * sizeof *tree->nodes);
    etwi_free(&tree->allocator, tree->tests, tree->test_capacity * sizeof *tree->tests);
}

/* A node of which some children have become tests. */
typedef struct frame {
    uint32_t next; /* The child to emit next, from the last one to the first. */
    bool is_and;
    bool negative;
    uint16_t yes, no; /* Where the next child leads. */
} frame;

typedef struct emitter {
    const etwi_tree *tree;
    etwi_test *tests; /* Filled from its end. */
    uint32_t first;
    uint32_t depth;
    frame frames[TREE_DEPTH_MAX];
} emitter;

/*
 * Emits a leaf or opens a node. A program is written backwards, because a test must know where its
 * successors are; so a leaf tells its parent where it is, and the parent sends the child before it
 * there. True if `*entry` is where the node begins.
 */
static bool visit(emitter *e, uint32_t index, const frame *from, uint16_t *entry)
{
    const etwi_tree_node *node = &e->tree->nodes[index];
    const bool negative = from->negative != node->negated;
    const uint16_t yes = node->negated ? from->no : from->yes;
    const uint16_t no = node->negated ? from->yes : from->no;
    if (node->kind == ETWI_TREE_CONSTANT) {
        *entry = node->value ? yes : no;
        return true;
    }
    if (node->kind == ETWI_TREE_TEST) {
        etwi_test *test = &e->tests[--e->first];
        *test = e->tree->tests[node->first];
        test->negative = negative;
        test->yes = yes;
        test->no = no;
        *entry = (uint16_t)e->first;
        return true;
    }
    const frame opened = {node->first, node->kind == ETWI_TREE_AND, negative, yes, no};
    e->frames[e->depth++] = opened;
    return false;
}

static uint16_t emit_all(emitter *e, uint32_t root)
{
    const frame whole = {ETWI_TREE_NONE, true, false, ETWI_FILTER_ACCEPT, ETWI_FILTER_REJECT};
    uint16_t entry = 0;
    bool done = visit(e, root, &whole, &entry);
    while (e->depth) {
        frame *top = &e->frames[e->depth - 1];
        if (done && top->is_and)
            top->yes = entry;
        else if (done)
            top->no = entry;
        if (top->next == ETWI_TREE_NONE) {
            entry = top->is_and ? top->yes : top->no;
            e->depth--;
            done = true;
            continue;
        }
        const uint32_t child = top->next;
        top->next = e->tree->nodes[child].next;
        done = visit(e, child, top, &entry);
    }
    return entry;
}

etw_status etwi_tree_emit(const etwi_tree *tree, uint32_t root, etw_filter *filter)
{
    const size_t size = (tree->test_count + 1) * sizeof(etwi_test);
    emitter e;
    e.tree = tree;
    e.tests = etwi_arena_alloc_zeroed(&filter->arena, size);
    e.first = (uint32_t)tree->test_count;
    e.depth = 0;
    if (!e.tests)
        return ETW_E_NOMEM;
    filter->entry = emit_all(&e, root);
    filter->tests = e.tests;
    filter->test_count = (uint32_t)tree->test_count;
    return ETW_OK;
}
