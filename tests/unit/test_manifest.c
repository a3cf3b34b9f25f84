/* Instrumentation manifests, written as XML in the tests. */
#include "document_fixture.h"

#include "faulty_alloc.h"

#include <etw/property.h>

#define HEAD                                                                              \
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>\n" \
    "<instrumentation xmlns:win='urn:win'><events>\n"
#define PROVIDER "<provider name='Contoso' guid='{11111111-2222-3333-4444-555555555555}'>\n"
#define TAIL     "</provider></events></instrumentation>"
#define END      "</instrumentationManifest>"

/* Providers have a test of their own. */
static etw_status take_provider(void *user, const etwi_provider *provider)
{
    return (void)user, (void)provider, ETW_OK;
}

static const etwi_taker TAKER = {take, take_provider, NULL};

static etw_status parse_manifest(etw_bytes xml, etwi_arena *memory, etwi_schema_taker take_schema,
                                 void *user, etw_error *first, etw_error *why)
{
    const etwi_taker taker = {take_schema, take_provider, user};
    return etwi_manifest_parse(xml, memory, &taker, first, why);
}

/* The first fault of a manifest that is read to its end all the same. */
static void has_fault(const char *xml, unsigned count, const char *message)
{
    CHECK_EQ(parse(xml), ETW_OK);
    CHECK_EQ(schema_count, count);
    CHECK_EQ(problem.status, ETW_E_CORRUPT);
    CHECK_TEXT(problem.message, message);
}

static bool is_empty(etw_str text)
{
    return text.size == 0;
}

static const char EVERYTHING[] =
    "\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?>\n" HEAD PROVIDER
    "<channels><channel chid='A' name='Contoso/Admin' type='Admin'/>"
    "<importChannel chid='S' name='System'/>"
    "<channel chid='B' name='Contoso/Debug' value='0x20'/></channels>"
    "<levels><level name='Loud' value='0x20' message='$(string.x)'/></levels>"
    "<keywords><keyword name='Disk' mask='0x1'/><keyword name='my:Net' mask='0x100000000'/>"
    "</keywords>"
    "<opcodes><opcode name='Pause' value='012'/></opcodes>"
    "<tasks><task name='Work' value='65533' message='$(string.Work)'>"
    "<opcodes><opcode name='Pause' value='0x0D'/></opcodes></task>"
    "<task name='Idle' value='2'/></tasks>"
    "<maps><valueMap name='Colours'>"
    "<map value='0x2' message='$(string.Blue)'/><map value='1' message='Red'/>"
    "<map value='3' message='$(mc.missing)'/></valueMap>"
    "<bitMap name='Bits'><map value='0x80000000' message='High'/></bitMap></maps>"
    "<templates><template tid='T'>"
    "<data name='colour' inType='win:UInt32' outType='xs:unsignedInt' map='Colours'/>"
    "<data name='bits' inType='win:UInt64' outType='win:HexInt64' map='Bits' tags='0x7'/>"
    "<UserData><Show xmlns='urn:x'><data>%1</data></Show></UserData>"
    "</template></templates>"
    "<events>"
    "<event value='1' version='2' level='win:Informational' symbol='Begin' task='Work'"
    " opcode='win:Start' keywords='Disk my:Net win:ResponseTime' channel='A' template='T'"
    " message='$(string.Begin)'/>"
    "<event value='02050' level='Loud' task='Work' opcode='Pause' channel='S' name='Wait'"
    " symbol='x'/>"
    "<event value='3' level='7' task='Idle' opcode='Pause' channel='B'/>"
    "<event value='4' task='40' opcode='win:Receive' channel='TraceLogging'/>"
    "</events>" TAIL "<localization><resources culture='de-DE'><stringTable>"
    "<string id='Begin' value='Beginn %1'/><string id='Blue' value='Blau'/>"
    "<string id='Rest' value='nur deutsch'/></stringTable></resources>"
    "<resources culture='en-US'><stringTable>"
    "<string id='Begin' value='Begin &lt;%1&gt;'/><string id='Blue' value='Blue'/>"
    "</stringTable></resources></localization>" END;

static void reads_names_and_numbers(void)
{
    REQUIRE(parse(EVERYTHING) == ETW_OK);
    CHECK_EQ(problem.status, ETW_OK);
    REQUIRE(schema_count == 4);
    const etw_schema *s = &schemas[0];
    CHECK_EQ(s->source, ETW_SCHEMA_MANIFEST);
    CHECK_EQ(s->provider.data1, 0x11111111);
    CHECK_STR(s->provider_name, "Contoso");
    CHECK_EQ(s->id, 1);
    CHECK_EQ(s->version, 2);
    CHECK_STR(s->event_name, "Begin");
    CHECK_STR(s->task_name, "Work");
    CHECK_EQ(s->task, 65533);
    CHECK_STR(s->opcode_name, "Start");
    CHECK_EQ(s->opcode, 1);
    CHECK_STR(s->level_name, "Informational");
    CHECK_EQ(s->level, 4);
    CHECK_STR(s->channel_name, "Contoso/Admin");
    CHECK_EQ(s->channel, 16);
    CHECK_STR(s->message, "Begin <%1>");
    CHECK_EQ(s->keyword, 0x1000100000001);
    REQUIRE(s->keyword_count == 3);
    CHECK_STR(s->keywords[1].name, "Net");
    CHECK_EQ(s->keywords[1].mask, 0x100000000);
    CHECK_STR(s->keywords[2].name, "ResponseTime");
    CHECK(s->is_user_data);
    CHECK(!s->is_classic);

    s = &schemas[1];
    CHECK_EQ(s->id, 2050);
    CHECK_EQ(s->version, 0);
    CHECK_STR(s->event_name, "Wait");
    CHECK_EQ(s->opcode, 0x0D);
    CHECK_EQ(s->level, 0x20);
    CHECK_STR(s->level_name, "Loud");
    CHECK_EQ(s->channel, 8);
    CHECK_STR(s->channel_name, "System");
    CHECK_EQ(s->property_count, 0);

    CHECK_EQ(schemas[2].opcode, 12);
    CHECK_EQ(schemas[2].level, 7);
    CHECK(is_empty(schemas[2].level_name));
    CHECK_EQ(schemas[2].channel, 0x20);
    CHECK(is_empty(schemas[2].event_name));

    CHECK_EQ(schemas[3].task, 40);
    CHECK(is_empty(schemas[3].task_name));
    CHECK_EQ(schemas[3].opcode, 240);
    CHECK_EQ(schemas[3].channel, 11);
    CHECK_STR(schemas[3].channel_name, "TraceLogging");
}

static void reads_maps(void)
{
    REQUIRE(parse(EVERYTHING) == ETW_OK);
    REQUIRE(schema_count == 4 && schemas[0].property_count == 2);
    const etw_property *p = schemas[0].properties;
    CHECK_STR(p[0].name, "colour");
    CHECK_EQ(p[0].in_type, ETW_IN_UINT32);
    CHECK_EQ(p[0].out_type, ETW_OUT_UNSIGNED_INT);
    REQUIRE(p[0].map && p[1].map);
    CHECK_STR(p[0].map->name, "Colours");
    CHECK(!p[0].map->is_bitmap);
    REQUIRE(p[0].map->entry_count == 2);
    CHECK_EQ(p[0].map->entries[0].value, 1);
    CHECK_STR(p[0].map->entries[0].text, "Red");
    CHECK_STR(p[0].map->entries[1].text, "Blue");
    CHECK(p[1].map->is_bitmap);
    CHECK_EQ(p[1].map->entries[0].value, 0x80000000);
    CHECK_EQ(p[1].tags, 7);
}

/* A manifest with one event and the template given. */
static const char *with_template(const char *content)
{
    static char xml[8192];
    snprintf(xml, sizeof xml,
             HEAD PROVIDER "<events><event value='1' template='T'/></events>"
                           "<templates><template tid='T'>%s</template></templates>" TAIL END,
             content);
    return xml;
}

static void in_and_out_types(void)
{
    char content[256];
    for (unsigned type = 1; type <= ETW_IN_WBEM_SID; type++) {
        const char *name = etw_in_type_name(type);
        if (!name)
            continue;
        const char *local = strchr(name, ':') ? strchr(name, ':') + 1 : name;
        snprintf(content, sizeof content, "<data name='a' inType='%s'/><data inType='other:%s'/>",
                 name, local);
        const etw_schema *s = only(with_template(content));
        REQUIRE(s->property_count == 2);
        // Both kinds of counted 8-bit strings have one name, and the same bytes.
        const unsigned want = type == ETW_IN_COUNTED_ANSI_STRING
                                  ? (unsigned)ETW_IN_MANIFEST_COUNTED_ANSI_STRING
                                  : type;
        CHECK_EQ(s->properties[0].in_type, want);
        CHECK_EQ(s->properties[1].in_type, want);
        CHECK_EQ(s->properties[0].out_type, etw_in_type_out_type(want));
    }
    for (unsigned type = 1; type <= ETW_OUT_NO_PRINT; type++) {
        const char *name = etw_out_type_name(type);
        if (!name)
            continue;
        snprintf(content, sizeof content, "<data name='a' inType='win:UInt32' outType='%s'/>",
                 name);
        const etw_schema *s = only(with_template(content));
        REQUIRE(s->property_count == 1);
        CHECK_EQ(s->properties[0].out_type, type);
    }
    const etw_schema *s = only(with_template("<data inType='win:UInt32' outType='win:Nonsense'/>"));
    REQUIRE(s->property_count == 1);
    CHECK_EQ(s->properties[0].out_type, ETW_OUT_UNSIGNED_INT);
}

static void lengths_and_counts(void)
{
    const etw_schema *s =
        only(with_template("<data name='n' inType='win:UInt16'/>"
                           "<data name='text' inType='win:UnicodeString' length='0x10'/>"
                           "<data name='bytes' inType='win:Binary' length='n'/>"
                           "<data name='one' inType='win:UInt8' count='1'/>"
                           "<data name='many' inType='win:AnsiString' count='n' length=' 4 '/>"
                           "<data name='number' inType='win:UInt32' length='4'/>"
                           "<data name='open' inType='win:UnicodeString' length='0'/>"));
    REQUIRE(s->property_count == 7);
    const etw_property *p = s->properties;
    CHECK_EQ(p[0].count, 1);
    CHECK_EQ(p[0].flags, 0);
    CHECK_EQ(p[1].flags, ETW_PROPERTY_FIXED_LENGTH);
    CHECK_EQ(p[1].length, 16);
    CHECK_EQ(p[2].flags, ETW_PROPERTY_LENGTH_INDEX);
    CHECK_EQ(p[2].length, 0);
    CHECK_EQ(p[3].flags, ETW_PROPERTY_FIXED_COUNT);
    CHECK_EQ(p[3].count, 1);
    CHECK_EQ(p[4].flags, ETW_PROPERTY_COUNT_INDEX | ETW_PROPERTY_FIXED_LENGTH);
    CHECK_EQ(p[4].count, 0);
    CHECK_EQ(p[4].length, 4);
    CHECK_EQ(p[5].flags, 0);
    CHECK_EQ(p[5].length, 0);
    CHECK_EQ(p[6].flags, 0);
}

static void structs_follow_the_top_level(void)
{
    const etw_schema *s =
        only(with_template("<data name='n' inType='win:UInt16'/>"
                           "<data name='top' inType='win:UInt16'/>"
                           "<struct name='outer' count='n'>"
                           "<data name='n' inType='win:UInt8'/>"
                           "<data name='own' inType='win:UInt64' count='n'/>"
                           "<struct name='inner'>"
                           "<data name='deep' inType='win:Binary' length='top'/>"
                           "<data name='near' inType='win:Binary' length='n'/></struct>"
                           "</struct>"
                           "<data name='after' inType='win:GUID'/>"));
    REQUIRE(s->property_count == 9);
    CHECK_EQ(s->top_level_count, 4);
    const etw_property *p = s->properties;
    CHECK_STR(p[2].name, "outer");
    CHECK_EQ(p[2].flags, ETW_PROPERTY_STRUCT | ETW_PROPERTY_COUNT_INDEX);
    CHECK_EQ(p[2].count, 0);
    CHECK_EQ(p[2].first_member, 4);
    CHECK_EQ(p[2].member_count, 3);
    CHECK_STR(p[3].name, "after");
    CHECK_STR(p[5].name, "own");
    CHECK_EQ(p[5].count, 4);
    CHECK_STR(p[6].name, "inner");
    CHECK_EQ(p[6].first_member, 7);
    CHECK_EQ(p[7].length, 1);
    CHECK_EQ(p[8].length, 4);
}

static void references_point_backwards_only(void)
{
    has_fault(with_template("<data name='b' inType='win:Binary' length='n'/>"
                            "<data name='n' inType='win:UInt16'/>"),
              0, "\"n\" is neither a number nor an earlier property in line 4");
    has_fault(with_template("<data name='n' inType='win:UInt8' count='n'/>"), 0,
              "\"n\" is neither a number nor an earlier property in line 4");
    has_fault(with_template("<struct name='s'><data name='m' inType='win:UInt8' count='n'/>"
                            "</struct><data name='n' inType='win:UInt8'/>"),
              0, "\"n\" is neither a number nor an earlier property in line 4");
    has_fault(with_template("<struct name='s'><data name='m' inType='win:UInt8'/></struct>"
                            "<data name='b' inType='win:UInt8' count='m'/>"),
              0, "\"m\" is neither a number nor an earlier property in line 4");
    has_fault(with_template("<data name='b' inType='win:Binary' length='-1'/>"), 0,
              "\"-1\" is neither a number nor an earlier property in line 4");
}

static void broken_templates_cost_their_events_only(void)
{
    has_fault(HEAD PROVIDER "<events><event value='1' template='Bad'/>"
                            "<event value='2' template='Good'/><event value='3'/>"
                            "<event value='4' template='None'/></events><templates>"
                            "<template tid='Bad'><data name='a' inType='win:Strange'/></template>\n"
                            "<template tid='Good'><data name='a' inType='win:Int8'/></template>"
                            "</templates>" TAIL END,
              2, "unknown inType \"win:Strange\" in line 4");
    CHECK_EQ(schemas[0].id, 2);
    CHECK_EQ(schemas[0].property_count, 1);
    CHECK_EQ(schemas[1].id, 3);
    has_fault(with_template("<data name='a'/>"), 0, "unknown inType \"\" in line 4");
    has_fault(with_template("<struct name='s'/>"), 0, "struct \"s\" has no members in line 4");
}

static void unknown_names_cost_nothing_but_the_number(void)
{
    has_fault(HEAD PROVIDER "<events><event value='1' task='x:Gone'/></events>" TAIL END, 1,
              "unknown task \"x:Gone\" in line 4");
    CHECK_STR(schemas[0].task_name, "Gone");
    has_fault(HEAD PROVIDER "<events><event value='1' keywords='Gone'/></events>" TAIL END, 1,
              "unknown keyword \"Gone\" in line 4");
    CHECK_EQ(schemas[0].keyword_count, 0);
    has_fault(HEAD PROVIDER "<tasks><task name='T' value='65536'/></tasks>"
                            "<events><event value='1' task='T'/></events>" TAIL END,
              1, "\"65536\" is no value of a task in line 4");
    CHECK_STR(schemas[0].task_name, "T");
    has_fault(with_template("<data name='a' inType='win:UInt8' map='Gone'/>"), 1,
              "unknown map \"Gone\" in line 4");
    CHECK_EQ(schemas[0].property_count, 1);
}

static void bad_events_are_left_out(void)
{
    static const struct {
        const char *attributes, *message;
    } EVENTS[] = {
        {"", "\"\" is no value of an event in line 4"},
        {"value='65536'", "\"65536\" is no value of an event in line 4"},
        {"value='-1'", "\"-1\" is no value of an event in line 4"},
        {"value='1a'", "\"1a\" is no value of an event in line 4"},
        {"value='1' version='256'", "\"256\" is no version of an event in line 4"},
        {"value='1' template='x&#10;y'", "unknown template \"x?y\" in line 4"},
        {"value='99999999999999999999999'",
         "\"99999999999999999999999\" is no value of an event in line 4"},
    };
    for (size_t i = 0; i < sizeof EVENTS / sizeof *EVENTS; i++) {
        char xml[1024];
        snprintf(xml, sizeof xml,
                 HEAD PROVIDER "<events><event %s/><event value='2'/></events>" TAIL END,
                 EVENTS[i].attributes);
        has_fault(xml, 1, EVENTS[i].message);
        CHECK_EQ(problem.offset, strlen(HEAD PROVIDER "<events>"));
        CHECK_EQ(schemas[0].id, 2);
    }
    has_fault(HEAD "<provider name='a' guid='{1}'><events><event value='1'/></events>" TAIL END, 0,
              "\"{1}\" is no GUID in line 3");
}

static void classic_twins(void)
{
    REQUIRE(parse(HEAD PROVIDER
                  "<tasks><task name='GC' value='1'"
                  " eventGUID='{aaaaaaaa-2222-3333-4444-555555555555}'/>"
                  "<task name='None' value='2'"
                  " eventGUID='{00000000-0000-0000-0000-000000000000}'/></tasks>"
                  "<opcodes><opcode name='Mof' value='20' mofValue='33'/></opcodes>"
                  "<events><event value='10' version='1' task='GC' opcode='win:Start'/>"
                  "<event value='11' version='1' task='GC' opcode='Mof'/>"
                  "<event value='12' version='1' task='GC' opcode='win:Start'/>"
                  "<event value='13' task='None'/></events>" TAIL END) == ETW_OK);
    CHECK_EQ(problem.status, ETW_OK);
    REQUIRE(schema_count == 6);
    CHECK(!schemas[0].is_classic);
    CHECK(schemas[1].is_classic);
    CHECK_EQ(schemas[1].provider.data1, 0xAAAAAAAA);
    CHECK_EQ(schemas[1].id, 0);
    CHECK_EQ(schemas[1].opcode, 1);
    CHECK_EQ(schemas[1].version, 1);
    CHECK_STR(schemas[1].task_name, "GC");
    CHECK_EQ(schemas[2].opcode, 20);
    CHECK_EQ(schemas[3].opcode, 33);
    CHECK(schemas[3].is_classic);
    CHECK_EQ(schemas[4].id, 12); // Its twin would be a second definition of the first one's key.
    CHECK_EQ(schemas[5].id, 13);
}

static void first_definition_wins(void)
{
    REQUIRE(parse(HEAD PROVIDER "<events><event value='1' symbol='first'/>"
                                "<event value='1' symbol='second'/>"
                                "<event value='1' version='1' symbol='third'/></events></provider>"
                                "<provider name='Other' guid='{99999999-2222-3333-4444-"
                                "555555555555}'><events><event value='1'/></events></provider>"
                                "" PROVIDER "<events><event value='1' symbol='fourth'/>"
                                "<event value='2'/></events>" TAIL END) == ETW_OK);
    REQUIRE(schema_count == 4);
    CHECK_STR(schemas[0].event_name, "first");
    CHECK_STR(schemas[1].event_name, "third");
    CHECK_STR(schemas[2].provider_name, "Other");
    CHECK_EQ(schemas[3].id, 2);
}

static void wrappers_and_prefixes_do_not_matter(void)
{
    const etw_schema *s = only(
        "<asm:assembly xmlns:asm='urn:a'><asm:registryKeys><asm:registryKey/></asm:registryKeys>"
        "<x:instrumentation xmlns:x='urn:x'><x:counters><x:provider guid='no'/></x:counters>"
        "<x:events><x:provider guid='11111111-2222-3333-4444-555555555555' x:name='P'>"
        "<x:events><x:event x:value='5'/></x:events>"
        "<x:namedQueries><x:events><x:event value='no'/></x:events></x:namedQueries>"
        "</x:provider></x:events></x:instrumentation></asm:assembly>");
    CHECK_EQ(s->id, 5);
    CHECK_STR(s->provider_name, "P");
}

static void strings_by_culture(void)
{
#define STRINGS(culture, text)                                                  \
    "<resources culture='" culture "'><stringTable><string id='s' value='" text \
    "'/></stringTable></resources>"
#define EVENT HEAD PROVIDER "<events><event value='1' message='$(string.s)'/></events>" TAIL
    CHECK_STR(only(EVENT "<localization>" STRINGS("fr-FR", "un") STRINGS("de-DE", "eins")
                       STRINGS("EN-us", "one") "</localization>" END)
                  ->message,
              "one");
    CHECK_STR(only("<m><localization>" STRINGS("fr-FR", "un")
                       STRINGS("de-DE", "eins") "</localization>" EVENT END "</m>")
                  ->message,
              "un");
    CHECK(is_empty(only(EVENT END)->message));
    CHECK(is_empty(
        only(HEAD PROVIDER "<events><event value='1' message='$(string.'/></events>" TAIL END)
            ->message));
#undef STRINGS
#undef EVENT
}

static void utf16_documents(void)
{
    static const char XML[] = "<?xml version='1.0' encoding='utf-16'?>" HEAD PROVIDER
                              "<events><event value='1' symbol='wide'/></events>" TAIL END;
    uint8_t wide[2 * sizeof XML + 2] = {0xFF, 0xFE};
    for (size_t i = 0; i < sizeof XML - 1; i++)
        wide[2 * i + 2] = (uint8_t)XML[i];
    REQUIRE(parse_bytes(wide, 2 * sizeof XML) == ETW_OK);
    REQUIRE(schema_count == 1);
    CHECK_STR(schemas[0].event_name, "wide");
}

static void malformed_documents_fail_where_they_are(void)
{
    CHECK_EQ(parse("<a>\n<b></a>"), ETW_E_CORRUPT);
    CHECK_EQ(error.offset, 9);
    CHECK_TEXT(error.message, "mismatched tag in line 2");
    CHECK_EQ(parse(""), ETW_E_CORRUPT);
    CHECK_EQ(parse("no xml"), ETW_E_CORRUPT);
    CHECK_EQ(parse("<a>&undefined;</a>"), ETW_E_CORRUPT);
    for (size_t size = 0; size < sizeof EVERYTHING - 1; size++) {
        CHECK_EQ(parse_bytes(EVERYTHING, size), ETW_E_CORRUPT);
        CHECK_EQ(schema_count, 0);
    }
}

static void entities_are_refused(void)
{
    CHECK_EQ(parse("<!DOCTYPE m [<!ENTITY a 'b'>]><m>&a;</m>"), ETW_E_CORRUPT);
    CHECK_TEXT(error.message, "document type with declarations in line 1");
    CHECK_EQ(parse("<!DOCTYPE m SYSTEM 'file:///etc/passwd'><m/>"), ETW_OK);
    CHECK_EQ(schema_count, 0);
}

static void depth_has_a_limit(void)
{
    char xml[4096];
    size_t size = 0;
    for (unsigned i = 0; i < 64; i++)
        size += (size_t)snprintf(xml + size, sizeof xml - size, "<a>");
    CHECK_EQ(parse(xml), ETW_E_LIMIT);
    CHECK_TEXT(error.message, "elements nest too deep in line 1");
    CHECK_EQ(error.offset, 63 * 3);

    char content[2048];
    size = 0;
    for (unsigned i = 0; i <= ETW_STRUCT_DEPTH_MAX; i++)
        size += (size_t)snprintf(content + size, sizeof content - size, "<struct name='s'>");
    size += (size_t)snprintf(content + size, sizeof content - size,
                             "<data name='d' inType='win:UInt8'/>");
    for (unsigned i = 0; i <= ETW_STRUCT_DEPTH_MAX; i++)
        size += (size_t)snprintf(content + size, sizeof content - size, "</struct>");
    has_fault(with_template(content), 0, "structs nest deeper than 16 levels in line 4");
}

static void size_has_a_limit(void)
{
    const etw_bytes huge = {(const uint8_t *)"<a/>", 64 * 1024 * 1024 + 1};
    CHECK_EQ(etwi_manifest_parse(huge, &arena, &TAKER, NULL, &error), ETW_E_LIMIT);
}

/* Both would take hours if names were looked for one by one. */
static void many_names_take_no_time(void)
{
    const size_t room = 8 << 20;
    char *xml = malloc(room);
    REQUIRE(xml);
    size_t size = (size_t)snprintf(xml, room, HEAD PROVIDER "<templates><template tid='T'>");
    for (unsigned i = 0; i < 60000; i++)
        size += (size_t)snprintf(xml + size, room - size,
                                 "<data name='d%u' inType='win:UInt8' count='%s%u'/>", i,
                                 i ? "d" : "", i / 2);
    size += (size_t)snprintf(xml + size, room - size, "</template>");
    for (unsigned i = 0; i < 40000; i++)
        size += (size_t)snprintf(xml + size, room - size, "<template tid='%u'/>", i);
    size += (size_t)snprintf(xml + size, room - size,
                             "</templates><events><event value='0' version='1' template='T'/>");
    for (unsigned i = 0; i < 40000; i++)
        size +=
            (size_t)snprintf(xml + size, room - size, "<event value='%u' template='%u'/>", i, i);
    size += (size_t)snprintf(xml + size, room - size, "</events>" TAIL END);
    CHECK_EQ(parse_bytes(xml, size), ETW_OK);
    CHECK_EQ(schema_count, 40001);
    CHECK_EQ(problem.status, ETW_OK);
    free(xml);
}

static etw_status refuse(void *user, const etw_schema *schema)
{
    (void)schema;
    return ++*(int *)user == 2 ? ETW_E_NOMEM : ETW_OK;
}

static void the_taker_can_stop(void)
{
    const etw_bytes xml = {(const uint8_t *)EVERYTHING, sizeof EVERYTHING - 1};
    int taken = 0;
    const etwi_taker taker = {refuse, take_provider, &taken};
    CHECK_EQ(etwi_manifest_parse(xml, &arena, &taker, NULL, NULL), ETW_E_NOMEM);
    CHECK_EQ(taken, 2);
}

static void running_out_of_memory_is_a_status(void)
{
    const etw_bytes xml = {(const uint8_t *)EVERYTHING, sizeof EVERYTHING - 1};
    faulty_alloc faulty;
    etw_status status = ETW_E_NOMEM;
    for (unsigned call = 1; status == ETW_E_NOMEM && call < 200; call++) {
        faulty_alloc_init(&faulty);
        faulty.fail_at = call;
        etwi_arena own = {.allocator = faulty.allocator};
        status = etwi_manifest_parse(xml, &own, &TAKER, &problem, &error);
        CHECK_EQ(problem.status, ETW_OK);
        etwi_arena_free(&own);
        CHECK_EQ(faulty.live, 0);
    }
    CHECK_EQ(status, ETW_OK);
}

int main(void)
{
    open_fixture(parse_manifest);
    RUN(reads_names_and_numbers);
    RUN(reads_maps);
    RUN(in_and_out_types);
    RUN(lengths_and_counts);
    RUN(structs_follow_the_top_level);
    RUN(references_point_backwards_only);
    RUN(broken_templates_cost_their_events_only);
    RUN(unknown_names_cost_nothing_but_the_number);
    RUN(bad_events_are_left_out);
    RUN(classic_twins);
    RUN(first_definition_wins);
    RUN(wrappers_and_prefixes_do_not_matter);
    RUN(strings_by_culture);
    RUN(utf16_documents);
    RUN(malformed_documents_fail_where_they_are);
    RUN(entities_are_refused);
    RUN(depth_has_a_limit);
    RUN(size_has_a_limit);
    RUN(many_names_take_no_time);
    RUN(the_taker_can_stop);
    RUN(running_out_of_memory_is_a_status);
    return close_fixture();
}
