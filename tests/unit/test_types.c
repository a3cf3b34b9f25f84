/* Names of types and the out-types that in-types accept. */
#include "schema/types.h"
#include "test.h"

static void check_name(const char *got, const char *want)
{
    if (CHECK(got != NULL))
        CHECK_TEXT(got, want);
}

static void names_types(void)
{
    check_name(etw_in_type_name(ETW_IN_UNICODE_STRING), "win:UnicodeString");
    check_name(etw_in_type_name(ETW_IN_UINT32), "win:UInt32");
    check_name(etw_in_type_name(ETW_IN_SYSTEMTIME), "win:SYSTEMTIME");
    check_name(etw_in_type_name(ETW_IN_HEX_INT64), "win:HexInt64");
    check_name(etw_in_type_name(ETW_IN_WBEM_SID), "WbemSid");
    check_name(etw_out_type_name(ETW_OUT_STRING), "xs:string");
    check_name(etw_out_type_name(ETW_OUT_HEX_INT32), "win:HexInt32");
    check_name(etw_out_type_name(ETW_OUT_PORT), "win:Port");
    check_name(etw_out_type_name(ETW_OUT_DATETIME_UTC), "win:DateTimeUtc");
    check_name(etw_out_type_name(ETW_OUT_NO_PRINT), "NoPrint");
}

static void has_no_names_for_other_numbers(void)
{
    CHECK(etw_in_type_name(ETW_IN_NULL) == NULL);
    CHECK(etw_in_type_name(ETW_IN_RESERVED24) == NULL);
    CHECK(etw_in_type_name(26) == NULL);
    CHECK(etw_in_type_name(311) == NULL);
    CHECK(etw_in_type_name(65536 + ETW_IN_UINT32) == NULL);
    CHECK(etw_out_type_name(ETW_OUT_NULL) == NULL);
    CHECK(etw_out_type_name(39) == NULL);
    CHECK(etw_out_type_name(302) == NULL);
}

static void names_all_sources(void)
{
    check_name(etw_schema_source_name(ETW_SCHEMA_NONE), "none");
    check_name(etw_schema_source_name(ETW_SCHEMA_KERNEL), "kernel");
    check_name(etw_schema_source_name(ETW_SCHEMA_EVENT_INFO), "eventinfo");
    check_name(etw_schema_source_name((etw_schema_source)99), "unknown");
    for (int i = 0; i < ETW_SCHEMA_SOURCE_COUNT; i++)
        CHECK(strcmp(etw_schema_source_name((etw_schema_source)i), "unknown") != 0);
}

/* The defaults that tdh.h documents, in-type by in-type. */
static void has_the_documented_defaults(void)
{
    static const struct {
        unsigned in_type, out_type;
    } DEFAULTS[] = {
        {ETW_IN_UNICODE_STRING, ETW_OUT_STRING},
        {ETW_IN_ANSI_STRING, ETW_OUT_STRING},
        {ETW_IN_INT8, ETW_OUT_BYTE},
        {ETW_IN_UINT8, ETW_OUT_UNSIGNED_BYTE},
        {ETW_IN_INT16, ETW_OUT_SHORT},
        {ETW_IN_UINT16, ETW_OUT_UNSIGNED_SHORT},
        {ETW_IN_INT32, ETW_OUT_INT},
        {ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT},
        {ETW_IN_INT64, ETW_OUT_LONG},
        {ETW_IN_UINT64, ETW_OUT_UNSIGNED_LONG},
        {ETW_IN_FLOAT, ETW_OUT_FLOAT},
        {ETW_IN_DOUBLE, ETW_OUT_DOUBLE},
        {ETW_IN_BOOLEAN, ETW_OUT_BOOLEAN},
        {ETW_IN_BINARY, ETW_OUT_HEX_BINARY},
        {ETW_IN_GUID, ETW_OUT_GUID},
        {ETW_IN_POINTER, ETW_OUT_HEX_INT64},
        {ETW_IN_FILETIME, ETW_OUT_DATETIME},
        {ETW_IN_SYSTEMTIME, ETW_OUT_DATETIME},
        {ETW_IN_SID, ETW_OUT_STRING},
        {ETW_IN_HEX_INT32, ETW_OUT_HEX_INT32},
        {ETW_IN_HEX_INT64, ETW_OUT_HEX_INT64},
        {ETW_IN_MANIFEST_COUNTED_STRING, ETW_OUT_STRING},
        {ETW_IN_MANIFEST_COUNTED_ANSI_STRING, ETW_OUT_STRING},
        {ETW_IN_MANIFEST_COUNTED_BINARY, ETW_OUT_HEX_BINARY},
        {ETW_IN_COUNTED_STRING, ETW_OUT_STRING},
        {ETW_IN_COUNTED_ANSI_STRING, ETW_OUT_STRING},
        {ETW_IN_REVERSED_COUNTED_STRING, ETW_OUT_STRING},
        {ETW_IN_REVERSED_COUNTED_ANSI_STRING, ETW_OUT_STRING},
        {ETW_IN_NON_NULL_TERMINATED_STRING, ETW_OUT_STRING},
        {ETW_IN_NON_NULL_TERMINATED_ANSI_STRING, ETW_OUT_STRING},
        {ETW_IN_UNICODE_CHAR, ETW_OUT_STRING},
        {ETW_IN_ANSI_CHAR, ETW_OUT_STRING},
        {ETW_IN_SIZE_T, ETW_OUT_HEX_INT64},
        {ETW_IN_HEX_DUMP, ETW_OUT_HEX_BINARY},
        {ETW_IN_WBEM_SID, ETW_OUT_STRING},
    };
    for (size_t i = 0; i < sizeof DEFAULTS / sizeof DEFAULTS[0]; i++) {
        CHECK_EQ(etw_in_type_out_type(DEFAULTS[i].in_type), DEFAULTS[i].out_type);
        // Every default is also accepted when it is declared, and stands in for nonsense.
        CHECK_EQ(etwi_resolve_out_type(DEFAULTS[i].in_type, DEFAULTS[i].out_type),
                 DEFAULTS[i].out_type);
        CHECK_EQ(etwi_resolve_out_type(DEFAULTS[i].in_type, ETW_OUT_NULL), DEFAULTS[i].out_type);
        CHECK_EQ(etwi_resolve_out_type(DEFAULTS[i].in_type, 12345), DEFAULTS[i].out_type);
        CHECK_EQ(etwi_resolve_out_type(DEFAULTS[i].in_type, ETW_OUT_NO_PRINT), ETW_OUT_NO_PRINT);
    }
    CHECK_EQ(etw_in_type_out_type(ETW_IN_NULL), ETW_OUT_NULL);
    CHECK_EQ(etw_in_type_out_type(999), ETW_OUT_NULL);
    CHECK_EQ(etwi_resolve_out_type(999, ETW_OUT_STRING), ETW_OUT_NULL);
}

/* The pairs that Windows lists: all of them have to be accepted. */
static void accepts_the_documented_pairs(void)
{
    static const struct {
        unsigned in_type;
        unsigned out_types[9];
    } PAIRS[] = {
        {ETW_IN_UNICODE_STRING, {ETW_OUT_XML, ETW_OUT_JSON}},
        {ETW_IN_ANSI_STRING, {ETW_OUT_XML, ETW_OUT_JSON, ETW_OUT_UTF8}},
        {ETW_IN_MANIFEST_COUNTED_STRING, {ETW_OUT_XML, ETW_OUT_JSON}},
        {ETW_IN_MANIFEST_COUNTED_ANSI_STRING, {ETW_OUT_XML, ETW_OUT_JSON, ETW_OUT_UTF8}},
        {ETW_IN_INT8, {ETW_OUT_STRING}},
        {ETW_IN_UINT8, {ETW_OUT_HEX_INT8, ETW_OUT_STRING, ETW_OUT_BOOLEAN}},
        {ETW_IN_UINT16, {ETW_OUT_PORT, ETW_OUT_HEX_INT16, ETW_OUT_STRING}},
        {ETW_IN_INT32, {ETW_OUT_HRESULT}},
        {ETW_IN_UINT32,
         {ETW_OUT_PID, ETW_OUT_TID, ETW_OUT_IPV4, ETW_OUT_ERROR_CODE, ETW_OUT_WIN32_ERROR,
          ETW_OUT_NTSTATUS, ETW_OUT_HEX_INT32, ETW_OUT_CODE_POINTER}},
        {ETW_IN_UINT64, {ETW_OUT_ETW_TIME, ETW_OUT_HEX_INT64, ETW_OUT_CODE_POINTER}},
        {ETW_IN_BINARY, {ETW_OUT_IPV6, ETW_OUT_SOCKET_ADDRESS, ETW_OUT_PKCS7}},
        {ETW_IN_POINTER, {ETW_OUT_CODE_POINTER, ETW_OUT_LONG, ETW_OUT_UNSIGNED_LONG}},
        {ETW_IN_FILETIME, {ETW_OUT_CULTURE_INSENSITIVE_DATETIME, ETW_OUT_DATETIME_UTC}},
        {ETW_IN_SYSTEMTIME, {ETW_OUT_CULTURE_INSENSITIVE_DATETIME, ETW_OUT_DATETIME_UTC}},
        {ETW_IN_HEX_INT32,
         {ETW_OUT_ERROR_CODE, ETW_OUT_WIN32_ERROR, ETW_OUT_NTSTATUS, ETW_OUT_CODE_POINTER}},
        // Beyond the list, and harmless.
        {ETW_IN_INT64, {ETW_OUT_DATETIME, ETW_OUT_HEX_INT64, ETW_OUT_PID}},
        {ETW_IN_SIZE_T, {ETW_OUT_UNSIGNED_LONG}},
        {ETW_IN_HEX_DUMP, {ETW_OUT_STRING}},
    };
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++)
        for (const unsigned *out = PAIRS[i].out_types; *out; out++)
            CHECK_EQ(etwi_resolve_out_type(PAIRS[i].in_type, *out), *out);
}

static void ignores_nonsense(void)
{
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_UNICODE_STRING, ETW_OUT_UNSIGNED_INT), ETW_OUT_STRING);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_UNICODE_STRING, ETW_OUT_UTF8), ETW_OUT_STRING);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_UNICODE_STRING, ETW_OUT_HEX_BINARY), ETW_OUT_STRING);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_UINT32, ETW_OUT_PORT), ETW_OUT_UNSIGNED_INT);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_UINT32, ETW_OUT_STRING), ETW_OUT_UNSIGNED_INT);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_UINT32, ETW_OUT_DATETIME), ETW_OUT_UNSIGNED_INT);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_UINT64, ETW_OUT_IPV4), ETW_OUT_UNSIGNED_LONG);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_POINTER, ETW_OUT_ETW_TIME), ETW_OUT_HEX_INT64);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_UINT8, ETW_OUT_PORT), ETW_OUT_UNSIGNED_BYTE);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_FLOAT, ETW_OUT_INT), ETW_OUT_FLOAT);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_DOUBLE, ETW_OUT_FLOAT), ETW_OUT_DOUBLE);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_GUID, ETW_OUT_STRING), ETW_OUT_GUID);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_SID, ETW_OUT_HEX_BINARY), ETW_OUT_STRING);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_BINARY, ETW_OUT_UNSIGNED_INT), ETW_OUT_HEX_BINARY);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_FILETIME, ETW_OUT_HEX_INT64), ETW_OUT_DATETIME);
    CHECK_EQ(etwi_resolve_out_type(ETW_IN_GUID, ETW_OUT_IPV6), ETW_OUT_GUID);
}

int main(void)
{
    RUN(names_types);
    RUN(has_no_names_for_other_numbers);
    RUN(names_all_sources);
    RUN(has_the_documented_defaults);
    RUN(accepts_the_documented_pairs);
    RUN(ignores_nonsense);
    return test_finish();
}
