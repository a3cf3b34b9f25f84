#include "schema/document.h"

#include "base/error.h"
#include "schema/liars.h"
#include "schema/manifest.h"
#include "schema/packs.h"
#include "schema/pdb.h"
#include "schema/pe.h"
#include "schema/schema_text.h"
#include "schema/tmf.h"
#include "schema/wevt.h"

#include <string.h>

enum {
    NAME_SHOWN_MAX = 120, /* Messages have to have room for the reason. */
};

/* One kind of document. */
typedef struct document_kind {
    bool (*probe)(etw_bytes bytes);
    /* The store is locked. ETW_E_UNSUPPORTED if there are no events in the document; what is wrong
     * with single events is in `problem`. */
    etw_status (*add)(etw_schema_store *store, const etwi_document *document, etw_error *problem,
                      etw_error *error);
} document_kind;

etw_status etwi_document_take(void *user, const etw_schema *schema)
{
    etwi_document_taker *taker = user;
    const etwi_scope any = {NULL, ETW_NO_ID};
    etw_schema ours = *schema;
    etw_error error;
    ours.source = (uint8_t)taker->source;
    ours.file = taker->file;
    taker->count++;
    /* What packs that were given earlier say about the provider comes first. */
    ETWI_TRY(etwi_packs_load_locked(taker->store, &schema->provider));
    ETWI_TRY(etwi_correct_liar(&ours, etwi_store_arena(taker->store)));
    const etw_status status = etwi_store_put(taker->store, &ours, any, &error);
    return status == ETW_E_NOMEM ? status : ETW_OK;
}

etw_status etwi_document_take_provider(void *user, const etwi_provider *provider)
{
    etwi_document_taker *taker = user;
    etwi_provider ours = *provider;
    const etwi_provider *const one = &ours;
    ours.source = (uint8_t)taker->source;
    ETWI_TRY(etwi_packs_load_locked(taker->store, &provider->guid));
    return etwi_store_put_providers(taker->store, &one, 1);
}

etw_status etwi_document_fail(etw_error *error, const char *name, const etw_error *why)
{
    const size_t size = strlen(name);
    const bool is_long = size > NAME_SHOWN_MAX;
    const etw_error copy = *why;
    const char *what = copy.message[0] ? copy.message : etw_status_text(copy.status);
    etwi_fail(error, copy.status, copy.offset, "%s%s: %s", is_long ? "..." : "",
              is_long ? name + size - NAME_SHOWN_MAX : name, what);
    if (error)
        error->os_code = copy.os_code;
    return copy.status;
}

static bool make_taker(etwi_document_taker *out, etw_schema_store *store,
                       const etwi_document *document, etw_schema_source source)
{
    *out = (etwi_document_taker){.store = store, .source = source};
    const etw_str name = {document->name, strlen(document->name)};
    return etwi_schema_text_utf8(etwi_store_arena(store), &out->file, name);
}

/* ---- Manifests ---- */

/* Looks for ASCII text in text of one byte a character, or of two. */
static bool contains(etw_bytes bytes, const char *text, size_t step)
{
    const size_t size = strlen(text);
    if (bytes.size < size * step)
        return false;
    const uint8_t *const end = bytes.data + bytes.size - size * step;
    for (const uint8_t *at = bytes.data; at <= end; at++) {
        at = memchr(at, text[0], (size_t)(end - at) + 1);
        if (!at)
            return false;
        size_t i = 1;
        while (i < size && at[i * step] == (uint8_t)text[i] && (step == 1 || !at[i * step - 1]))
            i++;
        if (i == size)
            return true;
    }
    return false;
}

static bool starts(etw_bytes bytes, const char *prefix, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, prefix, size) == 0;
}

static bool is_xml(etw_bytes bytes)
{
    if (starts(bytes, "\xEF\xBB\xBF", 3)) {
        bytes.data += 3;
        bytes.size -= 3;
    }
    while (bytes.size && memchr(" \t\r\n", bytes.data[0], 4)) {
        bytes.data++;
        bytes.size--;
    }
    return starts(bytes, "<", 1);
}

/* XML is of many kinds; all manifests have this part of a namespace in common. */
static bool is_manifest(etw_bytes bytes)
{
    static const char NAMESPACE[] = "microsoft.com/win/2004/08/";
    if (starts(bytes, "\xFF\xFE", 2) || starts(bytes, "\xFE\xFF", 2))
        return contains(bytes, NAMESPACE, 2);
    return is_xml(bytes) && contains(bytes, NAMESPACE, 1);
}

static etw_status add_manifest(etw_schema_store *store, const etwi_document *document,
                               etw_error *problem, etw_error *error)
{
    etwi_document_taker taker;
    if (!make_taker(&taker, store, document, ETW_SCHEMA_MANIFEST_FILE))
        return ETW_E_NOMEM;
    const etwi_taker take = {etwi_document_take, etwi_document_take_provider, &taker};
    ETWI_TRY(etwi_manifest_parse(document->bytes, etwi_store_arena(store), &take, problem, error));
    if (!taker.count && problem->status == ETW_OK)
        return etwi_fail(error, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                         "the manifest describes no events");
    return ETW_OK;
}

/* ---- Message formats ---- */

static etw_status add_tmf(etw_schema_store *store, const etwi_document *document,
                          etw_error *problem, etw_error *error)
{
    etwi_document_taker taker;
    if (!make_taker(&taker, store, document, ETW_SCHEMA_TMF))
        return ETW_E_NOMEM;
    return etwi_tmf_parse(document->bytes, etwi_store_arena(store), etwi_document_take, &taker,
                          problem, error);
}

static etw_status add_pdb(etw_schema_store *store, const etwi_document *document,
                          etw_error *problem, etw_error *error)
{
    etwi_document_taker taker;
    if (!make_taker(&taker, store, document, ETW_SCHEMA_TMF))
        return ETW_E_NOMEM;
    return etwi_pdb_parse(document->bytes, etwi_store_arena(store), etwi_document_take, &taker,
                          problem, error);
}

/* ---- Executable files ---- */

static etw_status add_pe(etw_schema_store *store, const etwi_document *document, etw_error *problem,
                         etw_error *error)
{
    etwi_document_taker taker;
    if (!make_taker(&taker, store, document, ETW_SCHEMA_PE))
        return ETW_E_NOMEM;
    const etwi_taker take = {etwi_document_take, etwi_document_take_provider, &taker};
    const etwi_wevt_files files = {document->bytes, document->satellite};
    return etwi_wevt_parse_pe(&files, etwi_store_arena(store), &take, problem, error);
}

/* ---- All kinds ---- */

static const document_kind KINDS[] = {
    {is_manifest, add_manifest},
    {etwi_pe_probe, add_pe},
    {etwi_pdb_probe, add_pdb},
    {etwi_tmf_probe, add_tmf},
};

static etw_status add_pack(etw_schema_store *store, const etwi_document *document, etw_error *error)
{
    etwi_pack *pack;
    etw_error why;
    const etwi_pack_origin origin = {document->name, NULL, NULL};
    const etw_status status =
        etwi_pack_open_memory(&pack, document->bytes, &etwi_store_arena(store)->allocator, &why);
    if (status == ETW_E_NOMEM || (status == ETW_OK && etwi_packs_add(store, pack, &origin)))
        return etwi_fail_nomem(error);
    return etw_failed(status) ? etwi_document_fail(error, document->name, &why) : ETW_OK;
}

static const document_kind *find_kind(etw_bytes bytes)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (KINDS[i].probe(bytes))
            return &KINDS[i];
    return NULL;
}

bool etwi_document_probe(etw_bytes bytes)
{
    return find_kind(bytes) != NULL || etwi_pack_probe(bytes);
}

etw_status etwi_document_add(etw_schema_store *store, const etwi_document *document,
                             etw_error *error)
{
    etw_error why, problem;
    if (etwi_pack_probe(document->bytes))
        return add_pack(store, document, error);
    const document_kind *kind = find_kind(document->bytes);
    etwi_fail(&problem, ETW_OK, ETW_NO_OFFSET, "%s", "");
    if (!kind) {
        etwi_fail(&why, ETW_E_UNSUPPORTED, ETW_NO_OFFSET,
                  "describes no events: no manifest, executable file, TMF file or symbol file");
        return etwi_document_fail(error, document->name, &why);
    }
    etwi_store_lock(store);
    const etw_status status = kind->add(store, document, &problem, &why);
    if (status == ETW_OK && problem.status != ETW_OK) {
        etwi_document_fail(&problem, document->name, &problem);
        etwi_store_reject(store, &problem);
    }
    etwi_store_unlock(store);
    if (status == ETW_E_NOMEM)
        return etwi_fail_nomem(error);
    return etw_failed(status) ? etwi_document_fail(error, document->name, &why) : ETW_OK;
}

etw_status etw_schema_store_add_memory(etw_schema_store *store, const char *name, etw_bytes bytes,
                                       etw_error *error)
{
    const etwi_document document = {name, bytes, {NULL, 0}};
    return etwi_document_add(store, &document, error);
}
