/* The flags of the NT kernel logger, as evntrace.h, logman and the classes of the events name them.
 */
#include <etw/kernel_flag.h>

#include "base/case.h"
#include "base/error.h"
#include "base/number.h"
#include "base/str.h"

#include "session/kernel_flag.inc"

enum {
    FLAG_COUNT = sizeof kernel_flags / sizeof kernel_flags[0],
    SHOWN_MAX = 40, /* Of a wrong word. */
};

size_t etw_kernel_flag_count(void)
{
    return FLAG_COUNT;
}

const etw_kernel_flag *etw_kernel_flag_at(size_t index)
{
    return &kernel_flags[index];
}

static bool is_called(const char *name, etw_str text, bool with_case)
{
    if (!name || strlen(name) != text.size)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        const uint32_t a = (uint8_t)name[i], b = (uint8_t)text.data[i];
        if (a != b && (with_case || etwi_upper_case(a) != etwi_upper_case(b)))
            return false;
    }
    return true;
}

const etw_kernel_flag *etw_kernel_flag_find(etw_str name)
{
    // As they are written first, since one name is the alias of another flag.
    for (int with_case = 1; with_case >= 0; with_case--) {
        for (size_t i = 0; i < FLAG_COUNT; i++)
            if (is_called(kernel_flags[i].name, name, with_case))
                return &kernel_flags[i];
        for (size_t i = 0; i < FLAG_COUNT; i++)
            if (is_called(kernel_flags[i].alias, name, with_case))
                return &kernel_flags[i];
    }
    return NULL;
}

/* All flags whose events are of a class. */
static uint32_t flags_of_class(const etw_guid *guid)
{
    uint32_t flags = 0;
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (etw_guid_equal(&kernel_flags[i].class_guid, guid))
            flags |= kernel_flags[i].flags;
    return flags;
}

static etw_status read_word(etw_str word, uint64_t column, uint32_t *flags, etw_error *error)
{
    const etw_kernel_flag *flag = etw_kernel_flag_find(word);
    etwi_number number;
    etw_guid guid;
    if (!word.size)
        return etwi_fail(error, ETW_E_INVALID, column, "expected a flag");
    if (flag) {
        *flags |= flag->flags;
        return ETW_OK;
    }
    if (is_called("all", word, false)) {
        *flags |= ETW_KERNEL_FLAGS_ALL;
        return ETW_OK;
    }
    if (etw_guid_parse(&guid, word, NULL) == ETW_OK) {
        const uint32_t found = flags_of_class(&guid);
        *flags |= found;
        return found
                   ? ETW_OK
                   : etwi_fail(error, ETW_E_NOT_FOUND, column, "no flag has events of that class");
    }
    if (word.data[0] < '0' || word.data[0] > '9')
        return etwi_fail(error, ETW_E_NOT_FOUND, column, "'%.*s' is no flag of the kernel logger",
                         (int)(word.size < SHOWN_MAX ? word.size : SHOWN_MAX), word.data);
    number = etwi_number_parse(word, UINT32_MAX);
    if (number.problem)
        return etwi_fail(error, ETW_E_INVALID, column + number.at, "flags: %s", number.problem);
    *flags |= (uint32_t)number.value;
    return ETW_OK;
}

etw_status etw_kernel_flags_parse(uint32_t *out, const char *text, etw_error *error)
{
    const char *at = text;
    *out = 0;
    for (;;) {
        const char *end = strchr(at, ',');
        const etw_str word = {at, end ? (size_t)(end - at) : strlen(at)};
        ETWI_TRY(read_word(word, (uint64_t)(at - text), out, error));
        if (!end)
            return ETW_OK;
        at = end + 1;
    }
}
