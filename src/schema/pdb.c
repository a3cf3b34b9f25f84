/* The annotations of a symbol file make up the text of a TMF file, and that is read as one. */
#include "schema/pdb.h"

#include "base/error.h"
#include "schema/pdb_enums.h"
#include "schema/pdb_symbols.h"
#include "schema/tmf.h"

enum {
    TEXT_FACTOR = 4, /* Names of functions stand in the text once for each of their messages. */
};

bool etwi_pdb_probe(etw_bytes bytes)
{
    return etwi_msf_probe(bytes);
}

/* Symbols first, for only then it is known which enumerations are wanted. */
static etw_status collect(etwi_msf *msf, etwi_pdb_text *text, etw_error *problem, etw_error *error)
{
    static const etw_str NONE = {NULL, 0};
    ETWI_TRY(etwi_pdb_put_line(text, NONE, NONE, error));
    ETWI_TRY(etwi_pdb_read_annotations(msf, text, problem, error));
    return etwi_pdb_read_enums(msf, text, problem, error);
}

static etw_status parse(etwi_pdb_text *text, etwi_arena *arena, etwi_schema_taker take, void *user,
                        etw_error *problem, etw_error *error)
{
    const etw_bytes lines = {(const uint8_t *)text->buffer.data, text->buffer.size};
    etw_error of_lines;
    etw_status status = etwi_tmf_parse(lines, arena, take, user, &of_lines, error);
    of_lines.offset = ETW_NO_OFFSET;
    if (status != ETW_E_UNSUPPORTED) {
        if (problem->status == ETW_OK)
            *problem = of_lines;
        return status;
    }
    return problem->status != ETW_OK
               ? ETW_OK
               : etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                           "describes no events: a symbol file without trace messages");
}

etw_status etwi_pdb_parse(etw_bytes file, etwi_arena *arena, etwi_schema_taker take, void *user,
                          etw_error *problem, etw_error *error)
{
    etwi_msf msf;
    etw_error first;
    etwi_pdb_text text = {{.allocator = arena->allocator}, file.size * TEXT_FACTOR};
    etwi_fail(&first, ETW_OK, ETW_NO_OFFSET, "%s", "");
    etw_status status = etwi_msf_open(&msf, file, &arena->allocator, error);
    if (status == ETW_OK)
        status = collect(&msf, &text, &first, error);
    etwi_msf_close(&msf);
    if (status == ETW_OK)
        status = parse(&text, arena, take, user, &first, error);
    etwi_buffer_free(&text.buffer);
    if (problem)
        *problem = first;
    return status;
}
