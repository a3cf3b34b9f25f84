/*
 * Documents that describe events and are given by the caller: manifests, executable files that hold
 * compiled ones, TMF files and symbol files of WPP. What they are is told by their content.
 */
#ifndef ETWI_SCHEMA_DOCUMENT_H
#define ETWI_SCHEMA_DOCUMENT_H

#include "base/memory.h"
#include "schema/store.h"

/* Whether bytes may be a document, or the beginning of one. */
bool etwi_document_probe(etw_bytes bytes);

/* One document. */
typedef struct etwi_document {
    const char *name; /* For messages. */
    etw_bytes bytes;
    etw_bytes satellite; /* Of executable files: the one with the messages; may be empty. */
} etwi_document;

/* Adds what a document describes to a store, as etw_schema_store_add_memory() does. */
etw_status etwi_document_add(etw_schema_store *store, const etwi_document *document,
                             etw_error *error);

/* Takes the schemas of one document into a store, which is locked. */
typedef struct etwi_document_taker {
    etw_schema_store *store;
    etw_schema_source source;
    size_t count;
    etw_str file; /* The document's name; lives as long as the store. */
} etwi_document_taker;

/* An etwi_schema_taker and an etwi_provider_taker; `user` is an etwi_document_taker. */
etw_status etwi_document_take(void *user, const etw_schema *schema);
etw_status etwi_document_take_provider(void *user, const etwi_provider *provider);

/* Fills in an error, and puts the name of a document before its message. */
etw_status etwi_document_fail(etw_error *error, const char *name, const etw_error *why);

#endif
