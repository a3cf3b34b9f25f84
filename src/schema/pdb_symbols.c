/*
 * The stream DBI lists the modules (object files) of a program, each with the stream of its
 * symbols. WPP's annotations are symbols within those of the function that they stand in. ("The PDB
 * DBI Stream", "The Module Information Stream" and "CodeView Symbol Records" in LLVM's
 * documentation of PDB; ANNOTATIONSYM and PROCSYM32 in Microsoft's cvinfo.h.)
 */
#include "schema/pdb_symbols.h"

#include "base/bytes.h"
#include "base/error.h"
#include "schema/fault.h"
#include "schema/tmf_lines.h"

enum {
    STREAM_DBI = 3,
    DBI_HEADER_SIZE = 64,
    DBI_MODULES_OFFSET = 24, /* In the header: size of the list of modules. */
    MODULE_FIXED_SIZE = 64,
    MODULE_STREAM_OFFSET = 34,
    MODULE_SYMBOLS_OFFSET = 36, /* Size of the symbols, with their signature. */
    SIGNATURE_SIZE = 4,
    SIGNATURE_C13 = 4, /* Of symbols as all compilers of this century write them. */
    NO_STREAM = 0xFFFF,
    PROC_END_OFFSET = 4, /* Without size and kind of the record. */
    PROC_NAME_OFFSET = 35,
    ANNOTATION_STRINGS_OFFSET = 6,
};

/* Kinds of symbols. */
enum {
    S_ANNOTATION = 0x1019,
    S_LPROC32 = 0x110F,
    S_GPROC32 = 0x1110,
    S_LPROC32_ID = 0x1146,
    S_GPROC32_ID = 0x1147,
    S_LPROC32_DPC = 0x1155,
    S_LPROC32_DPC_ID = 0x1156,
};

/* The function whose symbols are being read. */
typedef struct function {
    etw_str name;
    uint32_t end; /* Where its last symbol is in the stream; 0 if nobody filled that in. */
} function;

typedef struct symbol_reader {
    etwi_pdb_text *text;
    function in;
    etw_error *problem; /* Never NULL; keeps the first one. */
    etw_error *error;
} symbol_reader;

/* ---- Text ---- */

static void put_plain(etwi_buffer *buffer, etw_str text)
{
    char *at = etwi_buffer_reserve(buffer, text.size);
    for (size_t i = 0; at && i < text.size; i++) {
        const char c = text.data[i];
        at[i] = c == '\n' || c == '\r' ? ' ' : c;
    }
    if (at)
        buffer->size += text.size;
}

etw_status etwi_pdb_put_line(etwi_pdb_text *text, etw_str line, etw_str more, etw_error *error)
{
    if (text->limit - text->buffer.size <= line.size + more.size)
        return etwi_fail(error, ETW_E_LIMIT, ETW_NO_OFFSET, "more than %zu bytes of trace messages",
                         text->limit);
    put_plain(&text->buffer, line);
    put_plain(&text->buffer, more);
    etwi_buffer_append_char(&text->buffer, '\n');
    return text->buffer.failed ? etwi_fail_nomem(error) : ETW_OK;
}

/* ---- Annotations ---- */

/* Damage costs what is damaged, and nothing else. */
static etw_status note(const symbol_reader *in, const char *what)
{
    const etwi_place place = {in->problem, ETW_NO_OFFSET, 0};
    if (in->in.name.size)
        etwi_fault(place, "%s in the function %.*s", what, (int)in->in.name.size, in->in.name.data);
    else
        etwi_fault(place, "%s", what);
    return ETW_OK;
}

/* The line of a message names its function unless the compiler did so already. */
static etw_status put_message_line(symbol_reader *in, etw_str line)
{
    static const char KEY[] = " FUNC=", COMMENT[] = " //", PLAIN[] = "";
    const etw_str none = {NULL, 0};
    const size_t comment = etwi_tmf_find_last(line, "//");
    const size_t quote = etwi_tmf_find_last(line, "\"");
    const bool has_comment = comment != SIZE_MAX && (quote == SIZE_MAX || quote < comment);
    if (!in->in.name.size || etwi_tmf_find_last(line, KEY) != SIZE_MAX)
        return etwi_pdb_put_line(in->text, line, none, in->error);
    const char *start = has_comment ? PLAIN : COMMENT;
    etwi_buffer *buffer = &in->text->buffer;
    ETWI_TRY(etwi_pdb_put_line(in->text, line, none, in->error));
    buffer->size--; /* The line goes on. */
    etwi_buffer_append(buffer, start, strlen(start));
    const etw_str key = {KEY, sizeof KEY - 1};
    return etwi_pdb_put_line(in->text, key, in->in.name, in->error);
}

/* Takes the strings of an annotation; false in `*whole` if one is missing, or the last brace. */
static etw_status put_lines(symbol_reader *in, etwi_cursor strings, unsigned count, bool *whole)
{
    const etw_str none = {NULL, 0};
    unsigned depth = 0;
    for (unsigned i = 0; i < count; i++) {
        const etw_str line = etwi_ascii_z(&strings);
        if (strings.failed)
            break;
        depth += etwi_tmf_is(line, "{");
        depth -= depth && etwi_tmf_is(line, "}");
        if (etwi_tmf_starts(line, "#type"))
            ETWI_TRY(put_message_line(in, line));
        else
            ETWI_TRY(etwi_pdb_put_line(in->text, line, none, in->error));
    }
    *whole = !strings.failed && !depth;
    return ETW_OK;
}

/* The annotation's offset, segment and number of strings, and its strings, "TMF:" the first. */
static etw_status read_annotation(symbol_reader *in, etwi_cursor record)
{
    etwi_take(&record, ANNOTATION_STRINGS_OFFSET);
    const unsigned count = etwi_u16(&record);
    const etw_str kind = etwi_ascii_z(&record);
    if (record.failed)
        return note(in, "an annotation ends early");
    if (!count || !etwi_tmf_is(kind, "TMF:"))
        return ETW_OK;
    const size_t before = in->text->buffer.size;
    bool whole;
    ETWI_TRY(put_lines(in, record, count - 1, &whole));
    if (whole)
        return ETW_OK;
    in->text->buffer.size = before;
    return note(in, "a trace message ends early");
}

/* ---- Symbols ---- */

static void leave_function(symbol_reader *in)
{
    const function none = {{NULL, 0}, 0};
    in->in = none;
}

static void enter_function(symbol_reader *in, etwi_cursor record)
{
    etwi_cursor name = record;
    etwi_take(&record, PROC_END_OFFSET);
    in->in.end = etwi_u32(&record);
    etwi_take(&name, PROC_NAME_OFFSET);
    in->in.name = etwi_ascii_z(&name);
    if (name.failed)
        leave_function(in);
}

static etw_status read_symbol(symbol_reader *in, unsigned kind, etwi_cursor record)
{
    switch (kind) {
    case S_LPROC32:
    case S_GPROC32:
    case S_LPROC32_ID:
    case S_GPROC32_ID:
    case S_LPROC32_DPC:
    case S_LPROC32_DPC_ID:
        enter_function(in, record);
        return ETW_OK;
    case S_ANNOTATION:
        return read_annotation(in, record);
    default:
        return ETW_OK;
    }
}

/* The symbols of a module; `size` counts their signature too. */
static etw_status read_symbols(symbol_reader *in, etw_bytes stream, size_t size)
{
    etwi_cursor symbols = etwi_cursor_of(stream.data, size < stream.size ? size : stream.size);
    if (etwi_u32(&symbols) != SIGNATURE_C13)
        return note(in, "symbols of an unknown kind");
    while (etwi_left(&symbols)) {
        const size_t offset = (size_t)(symbols.at - stream.data);
        const unsigned record_size = etwi_u16(&symbols);
        const uint8_t *record = etwi_take(&symbols, record_size);
        if (!record || record_size < 2)
            return note(in, "the symbols of a module end early");
        if (in->in.end && offset >= in->in.end)
            leave_function(in);
        const etwi_cursor rest = etwi_cursor_of(record + 2, record_size - 2);
        ETWI_TRY(read_symbol(in, etwi_load_u16(record), rest));
    }
    return size > stream.size ? note(in, "the symbols of a module end early") : ETW_OK;
}

/* ---- Modules ---- */

static etw_status read_module(symbol_reader *in, etwi_msf *msf, const uint8_t *fixed)
{
    const unsigned number = etwi_load_u16(fixed + MODULE_STREAM_OFFSET);
    const uint32_t size = etwi_load_u32(fixed + MODULE_SYMBOLS_OFFSET);
    etw_bytes stream;
    etw_error why;
    if (number == NO_STREAM || size <= SIGNATURE_SIZE)
        return ETW_OK;
    etw_status status = etwi_msf_read(msf, number, &stream, &why);
    if (status == ETW_E_NOMEM)
        return etwi_fail_nomem(in->error);
    if (etw_failed(status))
        return note(in, why.message);
    status = read_symbols(in, stream, size);
    leave_function(in); /* Its name is in the stream. */
    etwi_msf_release(msf, stream);
    return status;
}

/* Each module has two names behind what all have, and begins at a multiple of four bytes. */
static etw_status read_modules(symbol_reader *in, etwi_msf *msf, etwi_cursor modules)
{
    const uint8_t *const start = modules.at;
    while (etwi_left(&modules) >= MODULE_FIXED_SIZE) {
        const uint8_t *fixed = etwi_take(&modules, MODULE_FIXED_SIZE);
        etwi_ascii_z(&modules);
        etwi_ascii_z(&modules);
        if (modules.failed)
            return note(in, "the list of modules ends early");
        const size_t past = (size_t)(modules.at - start) % 4;
        if (past && etwi_left(&modules))
            etwi_take(&modules, 4 - past);
        ETWI_TRY(read_module(in, msf, fixed));
    }
    return ETW_OK;
}

etw_status etwi_pdb_read_annotations(etwi_msf *msf, etwi_pdb_text *text, etw_error *problem,
                                     etw_error *error)
{
    symbol_reader in = {text, {{NULL, 0}, 0}, problem, error};
    etw_bytes dbi;
    ETWI_TRY(etwi_msf_read(msf, STREAM_DBI, &dbi, error));
    etwi_cursor cursor = etwi_cursor_of(dbi.data, dbi.size);
    const uint8_t *header = etwi_take(&cursor, DBI_HEADER_SIZE);
    const uint32_t size = header ? etwi_load_u32(header + DBI_MODULES_OFFSET) : 0;
    etw_status status;
    if (etwi_left(&cursor) < size)
        status = etwi_fail(error, ETW_E_CORRUPT, ETW_NO_OFFSET,
                           "a list of modules of %u bytes in %zu", size, dbi.size);
    else
        status = read_modules(&in, msf, etwi_cursor_of(cursor.at, size));
    etwi_msf_release(msf, dbi);
    return status;
}
