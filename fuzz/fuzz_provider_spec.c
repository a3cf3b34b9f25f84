/*
 * Provider strings. What is read keeps to the limits, and the filters of it become bytes and
 * expressions; what is not read says where.
 */
#include "provider_fake.h"
#include "session/filter_blob.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    TEXT_MAX = 8192,
};

static void require(bool good)
{
    if (!good)
        abort();
}

static void check_filters(const etw_enable_parameters *parameters)
{
    etw_error error;
    require(etw_provider_filters_check(parameters->filters, parameters->filter_count, &error) ==
            ETW_OK);
    for (size_t i = 0; i < parameters->filter_count; i++) {
        const etw_provider_filter *filter = &parameters->filters[i];
        etwi_buffer bytes = {.allocator = etwi_allocator_or_default(NULL)};
        const etw_status status = etwi_filter_blob_append(&bytes, filter, &error);
        require(status == ETW_OK ? bytes.size == etwi_filter_blob_size(filter)
                                 : filter->type == ETW_FILTER_TYPE_PAYLOAD);
        etwi_buffer_free(&bytes);
        etw_filter *post;
        if (etw_provider_post_filter(&post, parameters, 1u << i, &error) == ETW_OK)
            require(post != NULL);
        else
            require(error.message[0] != '\0');
        etw_filter_destroy(&post);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const fake_provider PROVIDERS[] = {{"11111111-2222-3333-4444-555555555555", "Shop", 1}};
    fake_registered = PROVIDERS;
    fake_registered_count = 1;
    const size_t kept = size < TEXT_MAX ? size : TEXT_MAX;
    char *text = malloc(kept + 1);
    require(text != NULL);
    if (kept)
        memcpy(text, data, kept);
    text[kept] = '\0';
    const size_t text_size = strlen(text);
    etw_provider_spec *spec;
    etw_error error;
    const etw_status status = etw_provider_spec_parse(&spec, text, NULL, &error);
    free(text); /* A spec has to have copied what it needs. */
    if (status != ETW_OK) {
        require(error.status == status && error.offset <= text_size && error.message[0]);
        return 0;
    }
    require(etw_provider_spec_name(spec)[0] != '\0');
    check_filters(etw_provider_spec_parameters(spec));
    etw_provider_spec_destroy(&spec);
    return 0;
}
