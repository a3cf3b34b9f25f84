/*
 * `etw schema diff`: two lists in the order of their keys, side by side. Of several definitions of
 * an event the first is compared, the one that counts. Where schemas come from is no difference.
 */
#include "cmd_schema.h"

#include "json.h"
#include "names.h"
#include "schema_field.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef enum diff_change {
    DIFF_ADDED,
    DIFF_REMOVED,
    DIFF_CHANGED,
} diff_change;

static const char *const change_names[] = {"added", "removed", "changed"};
static const char change_signs[] = {'+', '-', '~'};

/* What is being written: headings come when there is something to say below them. */
typedef struct diff_output {
    cli_text *text;
    bool json;
    bool equal;
    const etw_schema *provider; /* Any schema of it. */
    const etw_schema *event;
    bool provider_open, event_open;
    cli_text from, to; /* Room for descriptions. */
} diff_output;

/* ---- Writing ---- */

static const char *class_name(const etw_schema *schema)
{
    if (schema->source == ETW_SCHEMA_TMF)
        return cli_event_class_name(CLI_WPP);
    if (schema->is_classic)
        return cli_event_class_name(CLI_CLASSIC);
    return cli_event_class_name(schema->source == ETW_SCHEMA_TRACELOGGING ? CLI_TRACELOGGING
                                                                          : CLI_MANIFEST);
}

static unsigned number_of(const etw_schema *schema)
{
    return schema->is_classic ? schema->opcode : schema->id;
}

static void open_provider(diff_output *d, diff_change change, size_t events)
{
    const etw_schema *schema = d->provider;
    cli_text *text = d->text;
    d->provider_open = true;
    d->equal = false;
    if (d->json) {
        cli_json_object(text, NULL);
        cli_json_guid(text, "guid", &schema->provider);
        cli_json_string(text, "name", schema->provider_name);
        cli_json_string_z(text, "change", change_names[change]);
        if (change != DIFF_CHANGED)
            cli_json_number(text, "schemas", events);
        cli_json_array(text, "events");
        return;
    }
    cli_text_printf(text, "%c provider ", change_signs[change]);
    const size_t start = text->size;
    cli_text_add_guid(text, &schema->provider);
    cli_text_add_char(text, ' ');
    cli_text_add(text, schema->provider_name);
    cli_text_clean_from(text, start);
    if (change != DIFF_CHANGED)
        cli_text_printf(text, " (%zu schema%s)", events, events == 1 ? "" : "s");
    cli_text_add_char(text, '\n');
}

static void close_provider(diff_output *d)
{
    if (d->provider_open && d->json) {
        cli_json_end_array(d->text);
        cli_json_end_object(d->text);
    }
    d->provider_open = false;
}

static void open_event(diff_output *d, diff_change change)
{
    const etw_schema *schema = d->event;
    cli_text *text = d->text;
    if (!d->provider_open)
        open_provider(d, DIFF_CHANGED, 0);
    d->event_open = true;
    if (d->json) {
        cli_text name = {0};
        cli_add_event_name(&name, schema);
        cli_json_object(text, NULL);
        cli_json_string_z(text, "class", class_name(schema));
        cli_json_number(text, schema->is_classic ? "opcode" : "id", number_of(schema));
        cli_json_number(text, "version", schema->version);
        cli_json_string(text, "name", (etw_str){name.data, name.size});
        cli_json_string_z(text, "change", change_names[change]);
        cli_json_array(text, "changes");
        text->failed |= name.failed;
        cli_text_free(&name);
        return;
    }
    cli_text_printf(text, "  %c %s %u version %u ", change_signs[change], class_name(schema),
                    number_of(schema), schema->version);
    const size_t start = text->size;
    cli_add_event_name(text, schema);
    cli_text_clean_from(text, start);
    while (text->size && text->data[text->size - 1] == ' ')
        text->size--;
    cli_text_add_char(text, '\n');
}

static void close_event(diff_output *d)
{
    if (d->event_open && d->json) {
        cli_json_end_array(d->text);
        cli_json_end_object(d->text);
    }
    d->event_open = false;
}

/* One thing about an event; `from` or `to` is NULL where it is not there. */
static void add_detail(diff_output *d, const char *what, const char *name, const etw_str *from,
                       const etw_str *to)
{
    cli_text *text = d->text;
    const diff_change change = !from ? DIFF_ADDED : !to ? DIFF_REMOVED : DIFF_CHANGED;
    if (!d->event_open)
        open_event(d, DIFF_CHANGED);
    if (d->json) {
        cli_json_object(text, NULL);
        cli_json_string_z(text, "what", what);
        if (name)
            cli_json_string_z(text, "name", name);
        cli_json_string_z(text, "change", change_names[change]);
        from ? cli_json_string(text, "from", *from) : cli_json_null(text, "from");
        to ? cli_json_string(text, "to", *to) : cli_json_null(text, "to");
        cli_json_end_object(text);
        return;
    }
    cli_text_printf(text, "    %c %s", change_signs[change], what);
    const size_t start = text->size;
    if (name)
        cli_text_printf(text, " %s", name);
    cli_text_add_z(text, ": ");
    cli_text_add(text, from ? *from : *to);
    if (from && to) {
        cli_text_add_z(text, " -> ");
        cli_text_add(text, *to);
    }
    cli_text_clean_from(text, start);
    cli_text_add_char(text, '\n');
}

/* ---- Events ---- */

static bool same_text(etw_str a, etw_str b)
{
    return a.size == b.size && (!a.size || memcmp(a.data, b.data, a.size) == 0);
}

static void compare_texts(diff_output *d, const char *what, etw_str from, etw_str to)
{
    if (!same_text(from, to))
        add_detail(d, what, NULL, from.size ? &from : NULL, to.size ? &to : NULL);
}

static void compare_numbers(diff_output *d, const char *what, uint64_t from, uint64_t to)
{
    if (from == to)
        return;
    d->from.size = d->to.size = 0;
    cli_text_printf(&d->from, "%" PRIu64, from);
    cli_text_printf(&d->to, "%" PRIu64, to);
    add_detail(d, what, NULL, &(etw_str){d->from.data, d->from.size},
               &(etw_str){d->to.data, d->to.size});
}

static void add_keywords(cli_text *text, const etw_schema *schema)
{
    text->size = 0;
    cli_text_printf(text, "0x%" PRIX64, schema->keyword);
    for (uint32_t i = 0; i < schema->keyword_count; i++) {
        cli_text_printf(text, " 0x%" PRIX64 "=", schema->keywords[i].mask);
        cli_text_add(text, schema->keywords[i].name);
    }
}

static void compare_heads(diff_output *d, const etw_schema *a, const etw_schema *b)
{
    compare_texts(d, "provider name", a->provider_name, b->provider_name);
    compare_texts(d, "name", a->event_name, b->event_name);
    compare_numbers(d, "task", a->task, b->task);
    compare_texts(d, "task name", a->task_name, b->task_name);
    compare_numbers(d, "opcode", a->opcode, b->opcode);
    compare_texts(d, "opcode name", a->opcode_name, b->opcode_name);
    compare_numbers(d, "level", a->level, b->level);
    compare_texts(d, "level name", a->level_name, b->level_name);
    compare_numbers(d, "channel", a->channel, b->channel);
    compare_texts(d, "channel name", a->channel_name, b->channel_name);
    compare_texts(d, "class", a->class_name, b->class_name);
    add_keywords(&d->from, a);
    add_keywords(&d->to, b);
    const etw_str from = {d->from.data, d->from.size}, to = {d->to.data, d->to.size};
    compare_texts(d, "keywords", from, to);
    compare_texts(d, "message", a->message, b->message);
}

/* A field that is in both. */
static void compare_field(diff_output *d, const cli_fields *a, const cli_fields *b, size_t i,
                          size_t j)
{
    const unsigned left = a->items[i].index, right = b->items[j].index;
    d->from.size = d->to.size = 0;
    cli_field_describe(&d->from, a->schema, left);
    cli_field_describe(&d->to, b->schema, right);
    etw_str from = {d->from.data, d->from.size}, to = {d->to.data, d->to.size};
    if (!same_text(from, to)) {
        add_detail(d, "field", a->items[i].path, &from, &to);
    } else if (!cli_field_same_map(&a->schema->properties[left], &b->schema->properties[right])) {
        add_detail(d, "values of field", a->items[i].path, &from, &to);
    } else if (left != right && a->count == b->count) {
        d->from.size = d->to.size = 0;
        cli_text_printf(&d->from, "%u", left);
        cli_text_printf(&d->to, "%u", right);
        from = (etw_str){d->from.data, d->from.size};
        to = (etw_str){d->to.data, d->to.size};
        add_detail(d, "place of field", a->items[i].path, &from, &to);
    }
}

static void add_lone_field(diff_output *d, const cli_fields *fields, size_t i, bool is_added)
{
    d->from.size = 0;
    cli_field_describe(&d->from, fields->schema, fields->items[i].index);
    const etw_str description = {d->from.data, d->from.size};
    add_detail(d, "field", fields->items[i].path, is_added ? NULL : &description,
               is_added ? &description : NULL);
}

static void compare_all_fields(diff_output *d, const cli_fields *a, const cli_fields *b)
{
    size_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        const int order = i == a->count   ? 1
                          : j == b->count ? -1
                                          : strcmp(a->items[i].path, b->items[j].path);
        if (order == 0)
            compare_field(d, a, b, i++, j++);
        else if (order < 0)
            add_lone_field(d, a, i++, false);
        else
            add_lone_field(d, b, j++, true);
    }
}

static void compare_events(diff_output *d, const etw_schema *a, const etw_schema *b)
{
    cli_fields from = {0}, to = {0};
    d->event = a;
    compare_heads(d, a, b);
    if (cli_fields_make(&from, a) && cli_fields_make(&to, b))
        compare_all_fields(d, &from, &to);
    else
        d->text->failed = true;
    cli_fields_free(&from);
    cli_fields_free(&to);
    close_event(d);
}

static void add_lone_event(diff_output *d, const etw_schema *schema, diff_change change)
{
    d->event = schema;
    open_event(d, change);
    close_event(d);
}

/* ---- Lists ---- */

/* The order in which etw_schema_store_visit() hands schemas out, without the definitions that do
 * not count. */
static int compare_keys(const etw_schema *a, const etw_schema *b)
{
    const etw_guid *x = &a->provider, *y = &b->provider;
    if (x->data1 != y->data1)
        return x->data1 < y->data1 ? -1 : 1;
    if (x->data2 != y->data2)
        return x->data2 < y->data2 ? -1 : 1;
    if (x->data3 != y->data3)
        return x->data3 < y->data3 ? -1 : 1;
    const int tail = memcmp(x->data4, y->data4, sizeof x->data4);
    const int kinds = tail ? tail : strcmp(class_name(a), class_name(b));
    if (kinds)
        return kinds;
    if (a->source == ETW_SCHEMA_TRACELOGGING) {
        const size_t common =
            a->event_name.size < b->event_name.size ? a->event_name.size : b->event_name.size;
        const int order = common ? memcmp(a->event_name.data, b->event_name.data, common) : 0;
        return order ? order
                     : (a->event_name.size > b->event_name.size) -
                           (a->event_name.size < b->event_name.size);
    }
    const uint32_t left = number_of(a) << 8 | a->version, right = number_of(b) << 8 | b->version;
    return (left > right) - (left < right);
}

typedef struct ranked {
    const etw_schema *schema;
    size_t rank;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *left = a, *right = b;
    const int order = compare_keys(left->schema, right->schema);
    return order ? order : (left->rank > right->rank) - (left->rank < right->rank);
}

/* The first definition of each key; `*count` receives how many there are. NULL if memory ran out.
 */
static ranked *sort(const cli_schema_list *list, size_t *count)
{
    ranked *items = malloc((list->count + 1) * sizeof *items);
    if (!items)
        return NULL;
    for (size_t i = 0; i < list->count; i++)
        items[i] = (ranked){list->items[i], i};
    qsort(items, list->count, sizeof *items, compare_ranked);
    *count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (!*count || compare_keys(items[*count - 1].schema, items[i].schema) != 0)
            items[(*count)++] = items[i];
    return items;
}

static size_t end_of_provider(const ranked *items, size_t count, size_t first)
{
    size_t end = first;
    while (end < count &&
           etw_guid_equal(&items[end].schema->provider, &items[first].schema->provider))
        end++;
    return end;
}

static void add_lone_provider(diff_output *d, const ranked *items, size_t count, diff_change change)
{
    d->provider = items[0].schema;
    open_provider(d, change, count);
    for (size_t i = 0; i < count; i++)
        add_lone_event(d, items[i].schema, change);
    close_provider(d);
}

static void compare_providers(diff_output *d, const ranked *a, size_t a_count, const ranked *b,
                              size_t b_count)
{
    size_t i = 0, j = 0;
    d->provider = b[0].schema;
    while (i < a_count || j < b_count) {
        const int order = i == a_count   ? 1
                          : j == b_count ? -1
                                         : compare_keys(a[i].schema, b[j].schema);
        if (order == 0)
            compare_events(d, a[i++].schema, b[j++].schema);
        else if (order < 0)
            add_lone_event(d, a[i++].schema, DIFF_REMOVED);
        else
            add_lone_event(d, b[j++].schema, DIFF_ADDED);
    }
    close_provider(d);
}

static void compare_lists(diff_output *d, const ranked *a, size_t a_count, const ranked *b,
                          size_t b_count)
{
    size_t i = 0, j = 0;
    while (i < a_count || j < b_count) {
        const size_t a_end = end_of_provider(a, a_count, i), b_end = end_of_provider(b, b_count, j);
        const bool same = i < a_count && j < b_count &&
                          etw_guid_equal(&a[i].schema->provider, &b[j].schema->provider);
        const bool is_removed =
            j == b_count || (i < a_count && compare_keys(a[i].schema, b[j].schema) < 0);
        if (same)
            compare_providers(d, a + i, a_end - i, b + j, b_end - j);
        else if (is_removed)
            add_lone_provider(d, a + i, a_end - i, DIFF_REMOVED);
        else
            add_lone_provider(d, b + j, b_end - j, DIFF_ADDED);
        i = same || is_removed ? a_end : i;
        j = same || !is_removed ? b_end : j;
    }
}

void cli_schema_add_diff(cli_text *text, const cli_schema_list *a, const cli_schema_list *b,
                         bool json, bool *equal)
{
    diff_output d = {.text = text, .json = json, .equal = true};
    size_t a_count = 0, b_count = 0;
    ranked *left = sort(a, &a_count), *right = sort(b, &b_count);
    if (json) {
        cli_json_object(text, NULL);
        cli_json_array(text, "providers");
    }
    if (left && right)
        compare_lists(&d, left, a_count, right, b_count);
    if (json) {
        cli_json_end_array(text);
        cli_json_bool(text, "equal", d.equal);
        cli_json_end_object(text);
        cli_text_add_char(text, '\n');
    }
    text->failed |= !left || !right || d.from.failed || d.to.failed;
    *equal = d.equal;
    free(left);
    free(right);
    cli_text_free(&d.from);
    cli_text_free(&d.to);
}
