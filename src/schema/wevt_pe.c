/* Finding the compiled manifest of an executable file, and the texts that belong to it. */
#include "base/error.h"
#include "schema/pe.h"
#include "schema/wevt.h"

/* The messages of the file itself, or else those of its satellite. */
static bool find_messages(const etwi_pe *pe, etw_bytes satellite, etw_bytes *out)
{
    static const etwi_pe_type TYPE = {NULL, ETWI_PE_MESSAGE_TABLE};
    etwi_pe other;
    if (etwi_pe_find(pe, TYPE, out))
        return true;
    return satellite.size && etwi_pe_open(&other, satellite, NULL) == ETW_OK &&
           etwi_pe_find(&other, TYPE, out);
}

/* Damage in the messages costs the messages behind it; it is noted like that of an event. */
static etw_status read_messages(etw_bytes resource, etwi_message_table *out,
                                const etw_allocator *allocator, etw_error *problem)
{
    etw_error why;
    const etw_status status = etwi_message_table_read(out, resource, allocator, &why);
    if (etw_failed(status))
        *problem = why;
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

etw_status etwi_wevt_parse_pe(const etwi_wevt_files *files, etwi_arena *arena,
                              const etwi_taker *taker, etw_error *problem, etw_error *error)
{
    static const etwi_pe_type TYPE = {"WEVT_TEMPLATE", 0};
    etwi_pe pe;
    etw_bytes resource, texts;
    ETWI_TRY(etwi_pe_open(&pe, files->file, error));
    if (!etwi_pe_find(&pe, TYPE, &resource))
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "describes no events: an executable file without WEVT_TEMPLATE");
    etw_error message_problem, event_problem;
    etwi_fail(&message_problem, ETW_OK, ETW_NO_OFFSET, "%s", "");
    etwi_message_table messages = {.allocator = arena->allocator};
    etw_status status = ETW_OK;
    if (find_messages(&pe, files->satellite, &texts))
        status = read_messages(texts, &messages, &arena->allocator, &message_problem);
    const etwi_wevt_source source = {resource, &messages};
    if (etw_failed(status))
        etwi_fail_nomem(error);
    else
        status = etwi_wevt_parse(&source, arena, taker, &event_problem, error);
    etwi_message_table_free(&messages);
    if (problem && !etw_failed(status))
        *problem = event_problem.status != ETW_OK ? event_problem : message_problem;
    return status;
}
