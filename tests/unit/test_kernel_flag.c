/* Flags of the kernel logger by name. */
#include "test.h"

#include <etw/kernel_flag.h>

static uint32_t find(const char *name)
{
    const etw_kernel_flag *flag = etw_kernel_flag_find((etw_str){name, strlen(name)});
    return flag ? flag->flags : 0;
}

static void knows_all_by_name_and_alias(void)
{
    CHECK_EQ(etw_kernel_flag_count(), 27);
    uint32_t all = 0;
    for (size_t i = 0; i < etw_kernel_flag_count(); i++) {
        const etw_kernel_flag *flag = etw_kernel_flag_at(i);
        CHECK_EQ(find(flag->name), flag->flags);
        CHECK(etw_guid_known_name(&flag->class_guid).size > 0);
        if (flag->alias)
            CHECK_EQ(find(flag->alias), flag->flags);
        all |= flag->flags;
    }
    CHECK_EQ(all & ~0x11000000u, ETW_KERNEL_FLAGS_ALL);
}

static void knows_what_logman_says(void)
{
    CHECK_EQ(find("img"), 0x4);
    CHECK_EQ(find("isr"), 0x40);
    CHECK_EQ(find("file"), 0x02000200);
    CHECK_EQ(find("net"), 0x10000);
    CHECK_EQ(find("NET"), 0x10000);
    CHECK_EQ(find("fileiocompletion"), 0x02000000);
    // The name of one flag is logman's name for another one.
    CHECK_EQ(find("fileio"), 0x04000000);
    CHECK_EQ(find("FileIo"), 0x02000000);
    CHECK_EQ(find("FILEIO"), 0x02000000);
    CHECK_EQ(find("nothing"), 0);
    CHECK_EQ(find(""), 0);
}

static void reads_lists(void)
{
    uint32_t flags;
    etw_error error;
    CHECK_EQ(etw_kernel_flags_parse(&flags, "process,THREAD,0x10", &error), ETW_OK);
    CHECK_EQ(flags, 0x13);
    CHECK_EQ(etw_kernel_flags_parse(&flags, "all,profile", &error), ETW_OK);
    CHECK_EQ(flags, 0x07B7FFFF);
    // All flags whose events are of a class.
    CHECK_EQ(etw_kernel_flags_parse(&flags, "{3D6FA8D1-fe05-11d0-9dda-00c04fd7ba7c}", &error),
             ETW_OK);
    CHECK_EQ(flags, 0x812);
}

static void says_what_is_wrong(void)
{
    uint32_t flags;
    etw_error error;
    CHECK_EQ(etw_kernel_flags_parse(&flags, "process,thraed", &error), ETW_E_NOT_FOUND);
    CHECK_EQ(error.offset, 8);
    CHECK_TEXT(error.message, "'thraed' is no flag of the kernel logger");
    CHECK_EQ(etw_kernel_flags_parse(&flags, "", &error), ETW_E_INVALID);
    CHECK_EQ(error.offset, 0);
    CHECK_EQ(etw_kernel_flags_parse(&flags, "dpc,", &error), ETW_E_INVALID);
    CHECK_EQ(error.offset, 4);
    CHECK_EQ(etw_kernel_flags_parse(&flags, "dpc,0x1g", &error), ETW_E_INVALID);
    CHECK_EQ(error.offset, 7);
    CHECK_EQ(etw_kernel_flags_parse(&flags, "0x100000000", NULL), ETW_E_INVALID);
    CHECK_EQ(etw_kernel_flags_parse(&flags, "11111111-2222-3333-4444-555555555555", &error),
             ETW_E_NOT_FOUND);
}

int main(void)
{
    RUN(knows_all_by_name_and_alias);
    RUN(knows_what_logman_says);
    RUN(reads_lists);
    RUN(says_what_is_wrong);
    return test_finish();
}
