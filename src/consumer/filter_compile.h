/* How an expression becomes a program: words, values, tests, and the tree that joins them. */
#ifndef ETWI_CONSUMER_FILTER_COMPILE_H
#define ETWI_CONSUMER_FILTER_COMPILE_H

#include "consumer/filter.h"

/* ----------------------------------------------------------------------------------- words */

typedef enum etwi_word_kind {
    ETWI_WORD_END,
    ETWI_WORD_FIELD,
    ETWI_WORD_OPEN,
    ETWI_WORD_CLOSE,
    ETWI_WORD_BRACE,
    ETWI_WORD_BRACE_END,
    ETWI_WORD_COMMA,
    ETWI_WORD_AND,
    ETWI_WORD_OR,
    ETWI_WORD_NOT,
    ETWI_WORD_BITS,
    ETWI_WORD_REMAINDER,
    ETWI_WORD_RELATION,
    ETWI_WORD_IN,
} etwi_word_kind;

typedef struct etwi_word {
    etwi_word_kind kind;
    uint32_t column;
    etw_str text;        /* As written. */
    uint8_t relation;    /* An etwi_relation. */
    bool none;           /* != and !~ */
    bool ignore_case;    /* Operators that begin with an i, and ~. */
    bool is_property;    /* Of fields: in backquotes, or after "data.". */
    const etw_str *path; /* Of fields: its names. */
    uint32_t path_count;
} etwi_word;

/* What is being compiled. */
typedef struct etwi_source {
    const char *text;
    uint32_t size, at;
    uint32_t node_count;
    etwi_arena *arena;
    etw_error *error;
} etwi_source;

/* Counts against the limit of nodes. */
etw_status etwi_source_count(etwi_source *source, uint32_t column);

/* The next word where a field or an operator is due. */
etw_status etwi_lex_word(etwi_source *source, etwi_word *out);

/* The value that comes next; `after` is what stands before it, for messages. */
etw_status etwi_lex_value(etwi_source *source, etw_str after, etwi_literal *out);

/* Whether ".." comes next, which is then consumed. */
bool etwi_lex_dots(etwi_source *source);

/* The word that is at the current place, for messages. */
etw_str etwi_lex_peek(const etwi_source *source);

/* Fills in what the text of a literal can be read as. Braced GUIDs come with their braces. */
etw_status etwi_literal_classify(etwi_literal *literal, etwi_source *source);

/* RFC 3339 with optional parts, as FILETIME; false if it is none. */
bool etwi_time_parse(etw_str text, uint64_t *out);

/* A number with a unit and perhaps a sign, such as "-1.5s", in 100 ns; false if it is none. */
bool etwi_duration_parse(etw_str text, int64_t *out);

/* ----------------------------------------------------------------------------------- tests */

/* A comparison as it was read. */
typedef struct etwi_comparison {
    etwi_word field;
    etwi_word relation; /* Its kind is ETWI_WORD_END if there is none. */
    bool none;
    bool ignore_case;
    bool has_mask;
    uint64_t mask;
    uint64_t divisor;     /* 0: none. Never together with a mask. */
    uint32_t mask_column; /* Of the '&' or '%'. */
    etwi_term *terms;
    uint32_t term_count;
} etwi_comparison;

/* Makes the test of a comparison, or says why it makes no sense. */
etw_status etwi_test_build(etwi_source *source, etwi_comparison *comparison, etwi_test *out);

/* Builds of header fields by their types; the rest of `out` is filled in; filter_header.c. */
etw_status etwi_test_build_header(etwi_source *source, etwi_comparison *comparison,
                                  etwi_field_type type, etwi_test *out);

/* Prepares the texts of the terms for the relation; `fold`: without regard to case. */
etw_status etwi_terms_prepare(etwi_source *source, etwi_comparison *comparison, bool fold);

/* Adds the numbers that a term stands for; none if it can never be. False if it is no number. */
bool etwi_term_range(const etwi_term *term, etwi_relation relation, etwi_range *out);

/* Reads the whole expression; filter_parse.c. */
etw_status etwi_filter_parse(etw_filter *filter, etwi_source *source);

/* ------------------------------------------------------------------------------------ tree */

typedef enum etwi_tree_kind {
    ETWI_TREE_TEST,
    ETWI_TREE_CONSTANT,
    ETWI_TREE_AND,
    ETWI_TREE_OR,
} etwi_tree_kind;

#define ETWI_TREE_NONE UINT32_MAX

typedef struct etwi_tree_node {
    uint8_t kind; /* An etwi_tree_kind. */
    uint8_t cost; /* How much work the most expensive test of the node is. */
    bool negated;
    bool value;     /* Of constants. */
    uint32_t first; /* Of tests its index; of AND and OR the child that is tested last. */
    uint32_t next;  /* The child that is tested before this one. */
} etwi_tree_node;

typedef struct etwi_tree {
    etw_allocator allocator;
    etwi_tree_node *nodes;
    size_t count, capacity;
    etwi_test *tests;
    size_t test_count, test_capacity;
} etwi_tree;

etw_status etwi_tree_add_test(etwi_tree *tree, const etwi_test *test, uint32_t *out);
etw_status etwi_tree_add_constant(etwi_tree *tree, bool value, uint32_t *out);

/* Joins two nodes; `*out` may be one of them. Cheap tests come first, else the order stays. */
etw_status etwi_tree_join(etwi_tree *tree, etwi_tree_kind kind, uint32_t left, uint32_t right,
                          uint32_t *out);
void etwi_tree_free(etwi_tree *tree);

/* Turns the tree into the program of the filter; filter_emit.c. */
etw_status etwi_tree_emit(const etwi_tree *tree, uint32_t root, etw_filter *filter);

/* -------------------------------------------------------------------------------- guesses */

enum {
    ETWI_GUESS_SIZE = 96,
};

/* "; did you mean 'x'?" with the names of the list nearest to a word, or "". */
const char *etwi_guess(etw_str word, const char *const *names, size_t count,
                       char out[ETWI_GUESS_SIZE]);

/* True if the word is one mistake away from the name. */
bool etwi_is_near(etw_str word, const char *name);

/* The same regardless of the case of letters, which are ASCII. */
bool etwi_same_word(etw_str word, const char *name);

#endif
