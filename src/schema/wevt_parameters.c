/*
 * Messages in messages: `%%4114` stands for the message 4114 of the parameters of a provider
 * ("Message Text Files" and `parameterFileName` in Microsoft's documentation), which most providers
 * keep in the same table as their other messages.
 */
#include "base/buffer.h"
#include "base/error.h"
#include "schema/wevt_model.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads `%%4114` at the beginning of a text: its size, or 0 if there is nothing of that kind. */
static size_t read_reference(etw_str text, uint32_t *id)
{
    uint64_t number = 0;
    size_t at = 2;
    while (at < text.size && is_digit(text.data[at]) && number <= UINT32_MAX)
        number = number * 10 + (unsigned)(text.data[at++] - '0');
    *id = (uint32_t)number;
    return at == 2 || text.data[1] != '%' || number > UINT32_MAX ? 0 : at;
}

/* Puts a message in the place of its reference; other escapes stay for when values come in. */
static etw_status put_escape(etwi_wevt *in, etw_str *text, etwi_buffer *out)
{
    uint32_t id;
    etw_str inserted;
    size_t size = read_reference(*text, &id);
    const etwi_message *message = size ? etwi_message_find(in->messages, id) : NULL;
    if (message) {
        if (!etwi_message_text(message, &in->scratch, &inserted))
            return etwi_fail_nomem(in->error);
        ETWI_TRY(etwi_wevt_charge(in, inserted.size));
        etwi_buffer_append_str(out, inserted);
    } else {
        size = text->size < 2 ? text->size : 2;
        etwi_buffer_append(out, text->data, size);
    }
    text->data += size;
    text->size -= size;
    return ETW_OK;
}

static etw_status rewrite(etwi_wevt *in, etw_str text, etwi_buffer *out)
{
    while (text.size) {
        const char *percent = memchr(text.data, '%', text.size);
        const size_t literal = percent ? (size_t)(percent - text.data) : text.size;
        etwi_buffer_append(out, text.data, literal);
        text.data += literal;
        text.size -= literal;
        if (text.size)
            ETWI_TRY(put_escape(in, &text, out));
    }
    return out->failed ? etwi_fail_nomem(in->error) : ETW_OK;
}

etw_status etwi_wevt_insert_parameters(etwi_wevt *in, etw_str *text)
{
    etwi_buffer out = {.allocator = in->arena->allocator};
    if (!text->size || !memchr(text->data, '%', text->size))
        return ETW_OK;
    etw_status status = rewrite(in, *text, &out);
    const bool is_same = out.size == text->size && memcmp(out.data, text->data, out.size) == 0;
    if (status == ETW_OK && !is_same && !etwi_arena_str(in->arena, text, out.data, out.size))
        status = etwi_fail_nomem(in->error);
    etwi_buffer_free(&out);
    return status;
}
