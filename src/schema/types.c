/*
 * Names of types, default out-types, and the pairs of in-type and out-type that make sense.
 *
 * Out-types fall into kinds, and each in-type accepts some kinds. This is more generous than
 * Windows, which lists pairs one by one: manifests in the wild name plausible pairs that the list
 * lacks, and showing a number as its author asked for loses nothing.
 */
#include "schema/types.h"

/* Kinds of out-types, as bits. */
enum {
    SHOW_NUMBER = 1 << 0, /* Decimal and hexadecimal integers, ids, codes, booleans. */
    SHOW_TEXT = 1 << 1,   /* Strings, XML, JSON. */
    SHOW_UTF8 = 1 << 2,   /* 8-bit strings that are UTF-8. */
    SHOW_PORT = 1 << 3,
    SHOW_IPV4 = 1 << 4,
    SHOW_DATE = 1 << 5,
    SHOW_CLOCK = 1 << 6, /* Time stamps of the trace. */
    SHOW_BINARY = 1 << 7,
    SHOW_CHAR = 1 << 8, /* One character. */
    SHOW_FLOAT = 1 << 9,
    SHOW_DOUBLE = 1 << 10,
    SHOW_GUID = 1 << 11,
    SHOW_NOTHING = 1 << 12, /* Hidden values; every in-type can be hidden. */

    INTEGER8 = SHOW_NUMBER | SHOW_CHAR,
    INTEGER16 = SHOW_NUMBER | SHOW_CHAR | SHOW_PORT,
    INTEGER32 = SHOW_NUMBER | SHOW_IPV4,
    INTEGER64 = SHOW_NUMBER | SHOW_DATE | SHOW_CLOCK,
    UTF16_TEXT = SHOW_TEXT | SHOW_CHAR,
    ANSI_TEXT = SHOW_TEXT | SHOW_CHAR | SHOW_UTF8,
    BYTES = SHOW_BINARY | SHOW_CHAR,
};

typedef struct type_row {
    uint16_t number;
    uint16_t default_out_type; /* Of in-types. */
    uint16_t shows;            /* In-types: the kinds accepted. Out-types: the kind. */
    const char *name;
} type_row;

/* Types of WMI classes have no name in manifests; theirs are those of tdh.h, spelt alike. */
static const type_row in_types[] = {
    {ETW_IN_UNICODE_STRING, ETW_OUT_STRING, UTF16_TEXT, "win:UnicodeString"},
    {ETW_IN_ANSI_STRING, ETW_OUT_STRING, ANSI_TEXT, "win:AnsiString"},
    {ETW_IN_INT8, ETW_OUT_BYTE, INTEGER8, "win:Int8"},
    {ETW_IN_UINT8, ETW_OUT_UNSIGNED_BYTE, INTEGER8, "win:UInt8"},
    {ETW_IN_INT16, ETW_OUT_SHORT, INTEGER16, "win:Int16"},
    {ETW_IN_UINT16, ETW_OUT_UNSIGNED_SHORT, INTEGER16, "win:UInt16"},
    {ETW_IN_INT32, ETW_OUT_INT, INTEGER32, "win:Int32"},
    {ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT, INTEGER32, "win:UInt32"},
    {ETW_IN_INT64, ETW_OUT_LONG, INTEGER64, "win:Int64"},
    {ETW_IN_UINT64, ETW_OUT_UNSIGNED_LONG, INTEGER64, "win:UInt64"},
    {ETW_IN_FLOAT, ETW_OUT_FLOAT, SHOW_FLOAT, "win:Float"},
    {ETW_IN_DOUBLE, ETW_OUT_DOUBLE, SHOW_DOUBLE, "win:Double"},
    {ETW_IN_BOOLEAN, ETW_OUT_BOOLEAN, SHOW_NUMBER, "win:Boolean"},
    {ETW_IN_BINARY, ETW_OUT_HEX_BINARY, BYTES, "win:Binary"},
    {ETW_IN_GUID, ETW_OUT_GUID, SHOW_GUID, "win:GUID"},
    {ETW_IN_POINTER, ETW_OUT_HEX_INT64, SHOW_NUMBER, "win:Pointer"},
    {ETW_IN_FILETIME, ETW_OUT_DATETIME, SHOW_DATE, "win:FILETIME"},
    {ETW_IN_SYSTEMTIME, ETW_OUT_DATETIME, SHOW_DATE, "win:SYSTEMTIME"},
    {ETW_IN_SID, ETW_OUT_STRING, SHOW_CHAR, "win:SID"},
    {ETW_IN_HEX_INT32, ETW_OUT_HEX_INT32, INTEGER32, "win:HexInt32"},
    {ETW_IN_HEX_INT64, ETW_OUT_HEX_INT64, INTEGER64, "win:HexInt64"},
    {ETW_IN_MANIFEST_COUNTED_STRING, ETW_OUT_STRING, UTF16_TEXT, "win:CountedUnicodeString"},
    {ETW_IN_MANIFEST_COUNTED_ANSI_STRING, ETW_OUT_STRING, ANSI_TEXT, "win:CountedAnsiString"},
    {ETW_IN_MANIFEST_COUNTED_BINARY, ETW_OUT_HEX_BINARY, BYTES, "win:CountedBinary"},
    {ETW_IN_COUNTED_STRING, ETW_OUT_STRING, UTF16_TEXT, "CountedString"},
    {ETW_IN_COUNTED_ANSI_STRING, ETW_OUT_STRING, ANSI_TEXT, "CountedAnsiString"},
    {ETW_IN_REVERSED_COUNTED_STRING, ETW_OUT_STRING, UTF16_TEXT, "ReversedCountedString"},
    {ETW_IN_REVERSED_COUNTED_ANSI_STRING, ETW_OUT_STRING, ANSI_TEXT, "ReversedCountedAnsiString"},
    {ETW_IN_NON_NULL_TERMINATED_STRING, ETW_OUT_STRING, UTF16_TEXT, "NonNullTerminatedString"},
    {ETW_IN_NON_NULL_TERMINATED_ANSI_STRING, ETW_OUT_STRING, ANSI_TEXT,
     "NonNullTerminatedAnsiString"},
    {ETW_IN_UNICODE_CHAR, ETW_OUT_STRING, SHOW_CHAR, "UnicodeChar"},
    {ETW_IN_ANSI_CHAR, ETW_OUT_STRING, SHOW_CHAR, "AnsiChar"},
    {ETW_IN_SIZE_T, ETW_OUT_HEX_INT64, SHOW_NUMBER, "SizeT"},
    {ETW_IN_HEX_DUMP, ETW_OUT_HEX_BINARY, BYTES, "HexDump"},
    {ETW_IN_WBEM_SID, ETW_OUT_STRING, SHOW_CHAR, "WbemSid"},
};

static const type_row out_types[] = {
    {ETW_OUT_STRING, 0, SHOW_CHAR, "xs:string"},
    {ETW_OUT_DATETIME, 0, SHOW_DATE, "xs:dateTime"},
    {ETW_OUT_BYTE, 0, SHOW_NUMBER, "xs:byte"},
    {ETW_OUT_UNSIGNED_BYTE, 0, SHOW_NUMBER, "xs:unsignedByte"},
    {ETW_OUT_SHORT, 0, SHOW_NUMBER, "xs:short"},
    {ETW_OUT_UNSIGNED_SHORT, 0, SHOW_NUMBER, "xs:unsignedShort"},
    {ETW_OUT_INT, 0, SHOW_NUMBER, "xs:int"},
    {ETW_OUT_UNSIGNED_INT, 0, SHOW_NUMBER, "xs:unsignedInt"},
    {ETW_OUT_LONG, 0, SHOW_NUMBER, "xs:long"},
    {ETW_OUT_UNSIGNED_LONG, 0, SHOW_NUMBER, "xs:unsignedLong"},
    {ETW_OUT_FLOAT, 0, SHOW_FLOAT, "xs:float"},
    {ETW_OUT_DOUBLE, 0, SHOW_DOUBLE, "xs:double"},
    {ETW_OUT_BOOLEAN, 0, SHOW_NUMBER, "xs:boolean"},
    {ETW_OUT_GUID, 0, SHOW_GUID, "xs:GUID"},
    {ETW_OUT_HEX_BINARY, 0, SHOW_BINARY, "xs:hexBinary"},
    {ETW_OUT_HEX_INT8, 0, SHOW_NUMBER, "win:HexInt8"},
    {ETW_OUT_HEX_INT16, 0, SHOW_NUMBER, "win:HexInt16"},
    {ETW_OUT_HEX_INT32, 0, SHOW_NUMBER, "win:HexInt32"},
    {ETW_OUT_HEX_INT64, 0, SHOW_NUMBER, "win:HexInt64"},
    {ETW_OUT_PID, 0, SHOW_NUMBER, "win:PID"},
    {ETW_OUT_TID, 0, SHOW_NUMBER, "win:TID"},
    {ETW_OUT_PORT, 0, SHOW_PORT, "win:Port"},
    {ETW_OUT_IPV4, 0, SHOW_IPV4, "win:IPv4"},
    {ETW_OUT_IPV6, 0, SHOW_BINARY, "win:IPv6"},
    {ETW_OUT_SOCKET_ADDRESS, 0, SHOW_BINARY, "win:SocketAddress"},
    {ETW_OUT_CIM_DATETIME, 0, SHOW_TEXT, "win:CIMDateTime"},
    {ETW_OUT_ETW_TIME, 0, SHOW_CLOCK, "win:ETWTIME"},
    {ETW_OUT_XML, 0, SHOW_TEXT, "win:Xml"},
    {ETW_OUT_ERROR_CODE, 0, SHOW_NUMBER, "win:ErrorCode"},
    {ETW_OUT_WIN32_ERROR, 0, SHOW_NUMBER, "win:Win32Error"},
    {ETW_OUT_NTSTATUS, 0, SHOW_NUMBER, "win:NTSTATUS"},
    {ETW_OUT_HRESULT, 0, SHOW_NUMBER, "win:HResult"},
    {ETW_OUT_CULTURE_INSENSITIVE_DATETIME, 0, SHOW_DATE, "win:DateTimeCultureInsensitive"},
    {ETW_OUT_JSON, 0, SHOW_TEXT, "win:Json"},
    {ETW_OUT_UTF8, 0, SHOW_UTF8, "win:Utf8"},
    {ETW_OUT_PKCS7, 0, SHOW_BINARY, "win:Pkcs7WithTypeInfo"},
    {ETW_OUT_CODE_POINTER, 0, SHOW_NUMBER, "win:CodePointer"},
    {ETW_OUT_DATETIME_UTC, 0, SHOW_DATE, "win:DateTimeUtc"},
    {ETW_OUT_REDUCED_STRING, 0, SHOW_TEXT, "ReducedString"},
    {ETW_OUT_NO_PRINT, 0, SHOW_NOTHING, "NoPrint"},
};

/* The tables are short and asked once a property of a new schema, so a scan will do. */
static const type_row *find_type(const type_row *rows, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

static const type_row *find_in_type(unsigned in_type)
{
    return find_type(in_types, sizeof in_types / sizeof in_types[0], in_type);
}

static const type_row *find_out_type(unsigned out_type)
{
    return find_type(out_types, sizeof out_types / sizeof out_types[0], out_type);
}

const char *etwi_in_type_at(size_t index, uint16_t *number)
{
    if (index >= sizeof in_types / sizeof in_types[0])
        return NULL;
    *number = in_types[index].number;
    return in_types[index].name;
}

const char *etwi_out_type_at(size_t index, uint16_t *number)
{
    if (index >= sizeof out_types / sizeof out_types[0])
        return NULL;
    *number = out_types[index].number;
    return out_types[index].name;
}

const char *etw_in_type_name(unsigned in_type)
{
    const type_row *row = find_in_type(in_type);
    return row ? row->name : NULL;
}

const char *etw_out_type_name(unsigned out_type)
{
    const type_row *row = find_out_type(out_type);
    return row ? row->name : NULL;
}

unsigned etw_in_type_out_type(unsigned in_type)
{
    const type_row *row = find_in_type(in_type);
    return row ? row->default_out_type : ETW_OUT_NULL;
}

unsigned etwi_resolve_out_type(unsigned in_type, unsigned out_type)
{
    const type_row *in = find_in_type(in_type);
    const type_row *out = find_out_type(out_type);
    if (!in)
        return ETW_OUT_NULL;
    const bool sensible = out && ((in->shows | SHOW_NOTHING) & out->shows);
    return sensible ? out_type : in->default_out_type;
}

const char *etw_schema_source_name(etw_schema_source source)
{
    switch (source) {
#define X(name, text)       \
    case ETW_SCHEMA_##name: \
        return text;
        ETW_SCHEMA_SOURCE_MAP(X)
#undef X
    case ETW_SCHEMA_SOURCE_COUNT:
        break;
    }
    return "unknown";
}
