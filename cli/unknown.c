#include "unknown.h"

#include "say.h"
#include "suggest.h"
#include "text.h"

#include <string.h>

enum {
    NAMES_MAX = 200000 /* That are looked at; schemas can make many of few by nesting structs. */
};

/* A search for a name, or for the nearest ones. */
typedef struct search {
    etw_str wanted;
    bool nested;
    bool found;
    size_t name_count; /* Looked at. */
    cli_suggest nearest;
    const etw_schema *schema;
    cli_text path; /* Of the struct that is looked into, with its dot. */
} search;

/* Takes the name of one property, whose struct is in `path`. */
static void take_name(search *s, etw_str name)
{
    const size_t start = s->path.size;
    cli_text_add(&s->path, name);
    if (!s->path.failed) {
        const etw_str whole = {s->path.data, s->path.size};
        if (whole.size == s->wanted.size && memcmp(whole.data, s->wanted.data, whole.size) == 0)
            s->found = true;
        else if (cli_text_is_clean(whole))
            cli_suggest_add(&s->nearest, whole);
    }
    s->path.size = start;
}

/* Members are looked at if they are those of a top-level struct, or on the way to the name. */
static bool is_worth(const search *s, unsigned depth)
{
    return depth == 0 || (!s->path.failed && s->path.size < s->wanted.size &&
                          memcmp(s->path.data, s->wanted.data, s->path.size) == 0);
}

/* The properties from `begin` to before `end`, and members of those that are structs. */
static void take_names(search *s, uint32_t begin, uint32_t end, unsigned depth)
{
    for (uint32_t i = begin; i < end && i < s->schema->property_count; i++) {
        const etw_property *property = &s->schema->properties[i];
        if (s->name_count++ == NAMES_MAX)
            return;
        take_name(s, property->name);
        if (!s->nested || !property->member_count || depth == ETW_STRUCT_DEPTH_MAX)
            continue;
        const size_t start = s->path.size;
        cli_text_add(&s->path, property->name);
        cli_text_add_char(&s->path, '.');
        if (is_worth(s, depth))
            take_names(s, property->first_member,
                       (uint32_t)property->first_member + property->member_count, depth + 1);
        s->path.size = start;
    }
}

static etw_status take_schema(void *user, const etw_schema *schema)
{
    search *s = user;
    s->schema = schema;
    take_names(s, 0, schema->top_level_count, 0);
    return s->found || s->name_count >= NAMES_MAX ? ETW_END : ETW_OK;
}

static search look_for(etw_str name, bool nested, etw_schema_store *store)
{
    search s = {.wanted = name, .nested = nested};
    cli_suggest_begin(&s.nearest, name);
    etw_schema_store_visit(store, take_schema, &s);
    cli_text_free(&s.path);
    return s;
}

static void say_unknown(const cli_command *command, const char *option, const search *s)
{
    char nearest[CLI_SUGGEST_TEXT_SIZE];
    cli_say("etw %s: %s: no schema that was met has a property '%.*s'%s\n", command->name, option,
            (int)s->wanted.size, s->wanted.data, cli_suggest_text(&s->nearest, "", nearest));
}

static void unknown_in_part(const cli_command *command, const char *option, const etw_filter *part,
                            etw_schema_store *store)
{
    size_t position = 0;
    etw_str name;
    while (etw_filter_next_unknown(part, &position, &name)) {
        // Schemas that were not met may have it.
        const search s = look_for(name, true, store);
        say_unknown(command, option, &s);
    }
}

void cli_unknown_in_filter(const cli_command *command, const cli_filter *filter,
                           etw_schema_store *store)
{
    for (size_t i = 0; i < filter->count; i++)
        unknown_in_part(command, "--filter", filter->parts[i], store);
    for (size_t i = 0; i < filter->provider_part_count; i++)
        if (filter->provider_parts[i].filter)
            unknown_in_part(command, "payload=", filter->provider_parts[i].filter, store);
}

void cli_unknown_field(const cli_command *command, etw_str name, bool nested,
                       etw_schema_store *store)
{
    const search s = look_for(name, nested, store);
    if (!s.found && s.name_count < NAMES_MAX)
        say_unknown(command, "--fields", &s);
}
