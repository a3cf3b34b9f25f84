/* The kernel classes: layouts, fallbacks, inference, names. */
#include "schema/kernel.h"
#include "schema/types.h"
#include "test.h"

static etw_schema found[ETWI_KERNEL_LAYOUTS_MAX];

static etw_guid guid_of(const char *text)
{
    etw_guid guid = {0, 0, 0, {0}};
    CHECK_EQ(etw_guid_parse(&guid, (etw_str){text, strlen(text)}, NULL), ETW_OK);
    return guid;
}

#define EVENT_TRACE   "68fdd900-4a3e-11d1-84f4-0000f80464e3"
#define PROCESS       "3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c"
#define THREAD        "3d6fa8d1-fe05-11d0-9dda-00c04fd7ba7c"
#define IMAGE         "2cb15d1d-5fc1-11d2-abe1-00a0c911f518"
#define PERF_INFO     "ce1dbfb4-137e-4da6-87b0-3f59aa102cbc"
#define STACK_WALK    "def2fe46-7bd6-4b80-bd94-f57fe20d0ce3"
#define SYSTEM_CONFIG "01853a65-418f-4f36-aefc-dc0f1d2fd235"
#define TCP_IP        "9a280ac0-c8e0-11d1-84e2-00c04fb998a2"
#define IMAGE_ID      "b3e675d7-2554-4f18-830b-2762732560de"
#define SYS_CONFIG_EX "9b79ee91-b5fd-41c0-a243-4248e266e9d0"
#define META_DATA     "bbccf6c1-6cd1-48c4-80ff-839482e37671"
#define WIN_SAT       "ed54dff8-c409-4cf6-bf83-05e1e61a09c4"
#define LOST_EVENT    "6a399ae0-4bc6-4de9-870b-3657f8947e7e"

static unsigned find(const char *guid_text, unsigned opcode, unsigned version)
{
    const etw_guid guid = guid_of(guid_text);
    memset(found, 0xA5, sizeof found);
    return etwi_kernel_find(&guid, (uint8_t)opcode, (uint8_t)version, found);
}

static void check_property(const etw_schema *schema, unsigned index, const char *name,
                           unsigned in_type, unsigned out_type)
{
    if (!CHECK(index < schema->property_count))
        return;
    const etw_property *property = &schema->properties[index];
    CHECK_STR(property->name, name);
    CHECK_EQ(property->in_type, in_type);
    CHECK_EQ(property->out_type, out_type);
}

static void check_shape(const etw_schema *schema, unsigned index, unsigned flags, unsigned count,
                        unsigned length)
{
    if (!CHECK(index < schema->property_count))
        return;
    CHECK_EQ(schema->properties[index].flags, flags);
    CHECK_EQ(schema->properties[index].count, count);
    CHECK_EQ(schema->properties[index].length, length);
}

static void describes_process_start(void)
{
    CHECK_EQ(find(PROCESS, 1, 4), 1);
    const etw_schema *schema = &found[0];
    const etw_guid process = guid_of(PROCESS);
    CHECK(etw_guid_equal(&schema->provider, &process));
    CHECK_STR(schema->provider_name, "MSNT_SystemTrace");
    CHECK_STR(schema->class_name, "Process_V4_TypeGroup1");
    CHECK_STR(schema->task_name, "Process");
    CHECK_STR(schema->opcode_name, "Start");
    CHECK_EQ(schema->event_name.size, 0);
    CHECK_EQ(schema->source, ETW_SCHEMA_KERNEL);
    CHECK(schema->is_classic && !schema->inferred && !schema->is_user_data);
    CHECK_EQ(schema->opcode, 1);
    CHECK_EQ(schema->version, 4);
    CHECK_EQ(schema->id, 0);
    CHECK_EQ(schema->task, 0);
    CHECK_EQ(schema->property_count, 12);
    CHECK_EQ(schema->top_level_count, 12);
    check_property(schema, 0, "UniqueProcessKey", ETW_IN_POINTER, ETW_OUT_HEX_INT64);
    check_property(schema, 1, "ProcessId", ETW_IN_UINT32, ETW_OUT_HEX_INT32);
    check_property(schema, 2, "ParentId", ETW_IN_UINT32, ETW_OUT_HEX_INT32);
    check_property(schema, 3, "SessionId", ETW_IN_UINT32, ETW_OUT_UNSIGNED_INT);
    check_property(schema, 4, "ExitStatus", ETW_IN_INT32, ETW_OUT_INT);
    check_property(schema, 5, "DirectoryTableBase", ETW_IN_POINTER, ETW_OUT_HEX_INT64);
    check_property(schema, 6, "Flags", ETW_IN_UINT32, ETW_OUT_HEX_INT32);
    check_property(schema, 7, "UserSID", ETW_IN_WBEM_SID, ETW_OUT_STRING);
    check_property(schema, 8, "ImageFileName", ETW_IN_ANSI_STRING, ETW_OUT_STRING);
    check_property(schema, 9, "CommandLine", ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
    check_property(schema, 10, "PackageFullName", ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
    check_property(schema, 11, "ApplicationId", ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
    for (unsigned i = 0; i < 12; i++)
        check_shape(schema, i, 0, 1, 0);
}

static void describes_the_trace_header(void)
{
    CHECK_EQ(find(EVENT_TRACE, 0, 2), 1);
    CHECK_EQ(found[0].property_count, 23);
    CHECK_STR(found[0].opcode_name, "Header");
    check_property(&found[0], 4, "EndTime", ETW_IN_FILETIME, ETW_OUT_DATETIME);
    check_property(&found[0], 13, "LoggerName", ETW_IN_POINTER, ETW_OUT_HEX_INT64);
    check_property(&found[0], 15, "TimeZoneInformation", ETW_IN_BINARY, ETW_OUT_HEX_BINARY);
    check_shape(&found[0], 15, ETW_PROPERTY_FIXED_LENGTH, 1, 176);
    check_property(&found[0], 16, "BootTime", ETW_IN_FILETIME, ETW_OUT_DATETIME);
    check_property(&found[0], 17, "PerfFreq", ETW_IN_UINT64, ETW_OUT_UNSIGNED_LONG);
    check_property(&found[0], 18, "StartTime", ETW_IN_FILETIME, ETW_OUT_DATETIME);
    check_property(&found[0], 22, "LogFileNameString", ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
}

/* Two layouts for one version: GUIDs, which make a fixed size, come before strings. */
static void offers_both_partition_layouts(void)
{
    CHECK_EQ(find(EVENT_TRACE, 80, 2), 2);
    CHECK_STR(found[0].class_name, "Header_PartitionInfoExtension_TypeGroup");
    CHECK_STR(found[1].class_name, "Header_PartitionInfoExtensionV2_TypeGroup");
    for (unsigned i = 0; i < 2; i++) {
        const unsigned in_type = i ? ETW_IN_UNICODE_STRING : ETW_IN_GUID;
        const unsigned out_type = i ? ETW_OUT_STRING : ETW_OUT_GUID;
        CHECK_EQ(found[i].property_count, 6);
        CHECK(!found[i].inferred);
        check_property(&found[i], 3, "QpcOffsetFromRoot", ETW_IN_INT64, ETW_OUT_LONG);
        check_property(&found[i], 4, "PartitionId", in_type, out_type);
        check_property(&found[i], 5, "ParentId", in_type, out_type);
    }
}

static void describes_stacks(void)
{
    CHECK_EQ(find(STACK_WALK, 32, 2), 1);
    CHECK_EQ(found[0].property_count, 4);
    check_property(&found[0], 0, "EventTimeStamp", ETW_IN_UINT64, ETW_OUT_ETW_TIME);
    check_property(&found[0], 3, "Stack", ETW_IN_POINTER, ETW_OUT_HEX_INT64);
    check_shape(&found[0], 3, ETW_PROPERTY_COUNT_TO_END, 1, 0);
    for (unsigned opcode = 34; opcode <= 36; opcode++) {
        CHECK_EQ(find(STACK_WALK, opcode, 2), 1);
        CHECK_EQ(found[0].property_count, 2);
        check_shape(&found[0], 1, ETW_PROPERTY_COUNT_TO_END, 1, 0);
    }
    CHECK_EQ(find(STACK_WALK, 38, 2), 1);
    check_property(&found[0], 3, "StackKey", ETW_IN_POINTER, ETW_OUT_HEX_INT64);
}

static void describes_arrays_and_structs(void)
{
    CHECK_EQ(find(SYSTEM_CONFIG, 24, 2), 1);
    CHECK_EQ(found[0].top_level_count, 2);
    CHECK_EQ(found[0].property_count, 5);
    check_property(&found[0], 1, "NodeMap", ETW_IN_NULL, ETW_OUT_NULL);
    check_shape(&found[0], 1, ETW_PROPERTY_STRUCT | ETW_PROPERTY_COUNT_INDEX, 0, 0);
    CHECK_EQ(found[0].properties[1].first_member, 2);
    CHECK_EQ(found[0].properties[1].member_count, 3);
    check_property(&found[0], 2, "Mask", ETW_IN_UINT64, ETW_OUT_HEX_INT64);
    check_shape(&found[0], 4, ETW_PROPERTY_FIXED_COUNT, 3, 0);

    CHECK_EQ(find(SYSTEM_CONFIG, 22, 5), 1);
    CHECK_EQ(found[0].property_count, 12);
    check_property(&found[0], 11, "LowerFilters", ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
    check_shape(&found[0], 11, ETW_PROPERTY_COUNT_INDEX, 2, 0);

    CHECK_EQ(find(SYSTEM_CONFIG, 10, 3), 1);
    check_property(&found[0], 5, "ComputerName", ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
    check_shape(&found[0], 5, ETW_PROPERTY_FIXED_LENGTH, 1, 256);

    CHECK_EQ(find(TCP_IP, 26, 2), 1);
    check_property(&found[0], 2, "daddr", ETW_IN_BINARY, ETW_OUT_IPV6);
    check_shape(&found[0], 2, ETW_PROPERTY_FIXED_LENGTH, 1, 16);
    check_property(&found[0], 4, "dport", ETW_IN_UINT16, ETW_OUT_PORT);
    CHECK_EQ(find(TCP_IP, 10, 2), 1);
    check_property(&found[0], 2, "daddr", ETW_IN_UINT32, ETW_OUT_IPV4);

    CHECK_EQ(find(THREAD, 41, 2), 1);
    check_property(&found[0], 11, "Reserved", ETW_IN_UINT8, ETW_OUT_UNSIGNED_BYTE);
    check_shape(&found[0], 11, ETW_PROPERTY_FIXED_COUNT, 5, 0);
}

static void corrects_what_traces_disprove(void)
{
    CHECK_EQ(find(PERF_INFO, 34, 0), 1);
    CHECK_EQ(found[0].property_count, 1);
    check_property(&found[0], 0, "Message", ETW_IN_ANSI_STRING, ETW_OUT_STRING);
    for (unsigned opcode = 1; opcode <= 4; opcode++) {
        CHECK_EQ(find(THREAD, opcode, 3), 1);
        CHECK_EQ(found[0].property_count, 15);
        check_property(&found[0], 14, "ThreadName", ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
        check_shape(&found[0], 14, ETW_PROPERTY_OPTIONAL, 1, 0);
    }
}

static void describes_what_merging_adds(void)
{
    static const struct {
        const char *guid;
        uint8_t opcode, version, property_count;
        const char *provider, *task, *name;
    } ADDED[] = {
        {IMAGE_ID, 0, 2, 5, "KernelTraceControl", "ImageID", ""},
        {IMAGE_ID, 32, 2, 2, "KernelTraceControl", "ImageID", "None"},
        {IMAGE_ID, 34, 2, 6, "KernelTraceControl", "ImageID", "dbgid_dbg"},
        {IMAGE_ID, 36, 2, 5, "KernelTraceControl", "ImageID", "DbgID_RSDS"},
        {IMAGE_ID, 37, 2, 5, "KernelTraceControl", "ImageID", "DbgID_ILRSDS"},
        {IMAGE_ID, 38, 2, 5, "KernelTraceControl", "ImageID", "DbgPPDB"},
        {IMAGE_ID, 39, 1, 6, "KernelTraceControl", "ImageID", "embedded_ppdb"},
        {IMAGE_ID, 40, 1, 2, "KernelTraceControl", "ImageID", "DbgDeterm"},
        {IMAGE_ID, 41, 1, 1, "KernelTraceControl", "ImageID", "path"},
        {IMAGE_ID, 64, 0, 12, "KernelTraceControl", "ImageID", "FileVersion"},
        {SYS_CONFIG_EX, 32, 0, 3, "MSNT_SystemTrace", "SysConfig", "BuildInfo"},
        {SYS_CONFIG_EX, 33, 0, 2, "MSNT_SystemTrace", "SysConfig", "SystemPaths"},
        {SYS_CONFIG_EX, 34, 0, 1, "MSNT_SystemTrace", "SysConfig", "UnknownVolume"},
        {SYS_CONFIG_EX, 35, 0, 2, "MSNT_SystemTrace", "SysConfig", "VolumeMapping"},
        {META_DATA, 32, 0, 1, "KernelTraceControl", "MetaData", "EventInfo"},
        {META_DATA, 33, 0, 2, "KernelTraceControl", "MetaData", "EventMapInfo"},
        {WIN_SAT, 33, 0, 3, "KernelTraceControl", "WinSat", "WinSPR"},
        {WIN_SAT, 35, 0, 3, "KernelTraceControl", "WinSat", "Metrics"},
        {WIN_SAT, 37, 0, 3, "KernelTraceControl", "WinSat", "SystemConfig"},
        {LOST_EVENT, 32, 0, 0, "MSNT_SystemTrace", "Lost_Event", "RTLostEvent"},
    };
    for (size_t i = 0; i < sizeof ADDED / sizeof ADDED[0]; i++) {
        CHECK_EQ(find(ADDED[i].guid, ADDED[i].opcode, ADDED[i].version), 1);
        CHECK_EQ(found[0].property_count, ADDED[i].property_count);
        CHECK(!found[0].inferred);
        CHECK_STR(found[0].provider_name, ADDED[i].provider);
        CHECK_STR(found[0].task_name, ADDED[i].task);
        CHECK_STR(found[0].opcode_name, ADDED[i].name);
    }
    CHECK_EQ(find(META_DATA, 32, 0), 1);
    check_shape(&found[0], 0, ETW_PROPERTY_TO_END, 1, 0);
    CHECK_EQ(find(SYS_CONFIG_EX, 36, 0), 0);
    CHECK_EQ(find(SYS_CONFIG_EX, 37, 0), 0);
}

static void falls_back_to_lower_versions(void)
{
    // A version that is not known yet: all older ones, newest first.
    CHECK_EQ(find(PROCESS, 1, 9), 5);
    static const uint8_t VERSIONS[] = {4, 3, 2, 1, 0};
    for (unsigned i = 0; i < sizeof VERSIONS; i++) {
        CHECK_EQ(found[i].version, VERSIONS[i]);
        CHECK_EQ(found[i].opcode, 1);
        CHECK(found[i].inferred);
        CHECK_STR(found[i].opcode_name, "Start");
    }
    CHECK_STR(found[0].class_name, "Process_V4_TypeGroup1");
    CHECK_STR(found[4].class_name, "Process_V0_TypeGroup1");
    // Process 39 is known in versions 2 to 5.
    CHECK_EQ(find(PROCESS, 39, 5), 1);
    CHECK(!found[0].inferred);
    CHECK_EQ(find(PROCESS, 39, 255), 4);
    CHECK_EQ(found[0].version, 5);
    // Equal versions keep their order of preference.
    CHECK_EQ(find(EVENT_TRACE, 80, 3), 3);
    check_property(&found[0], 4, "PartitionId", ETW_IN_GUID, ETW_OUT_GUID);
    check_property(&found[1], 4, "PartitionId", ETW_IN_UNICODE_STRING, ETW_OUT_STRING);
    CHECK_EQ(found[2].version, 0);
    CHECK(found[0].inferred && found[1].inferred && found[2].inferred);
}

static void infers_from_siblings(void)
{
    // Only type 10 is declared in versions 0 and 1; later versions declare 2, 3, 4 and 10 as one.
    for (unsigned version = 0; version <= 1; version++) {
        for (unsigned opcode = 2; opcode <= 4; opcode++) {
            CHECK_EQ(find(IMAGE, opcode, version), 1);
            CHECK(found[0].inferred);
            CHECK_EQ(found[0].opcode, opcode);
            CHECK_EQ(found[0].version, version);
            CHECK_EQ(found[0].property_count, version ? 4 : 3);
            CHECK_STR(found[0].class_name, version ? "Image_V1_Load" : "Image_V0_Load");
        }
        CHECK_EQ(find(IMAGE, 10, version), 1);
        CHECK(!found[0].inferred);
    }
    CHECK_STR(found[0].opcode_name, "Load");
    CHECK_EQ(find(IMAGE, 2, 0), 1);
    CHECK_STR(found[0].opcode_name, "Unload");
    // Several siblings that share one class count once.
    CHECK_EQ(find(TCP_IP, 16, 0), 1);
    CHECK_STR(found[0].class_name, "TcpIp_V0_TypeGroup1");
}

static void admits_what_it_does_not_know(void)
{
    CHECK_EQ(find("00000000-0000-0000-0000-000000000000", 1, 2), 0);
    CHECK_EQ(find("ffffffff-ffff-ffff-ffff-ffffffffffff", 1, 2), 0);
    CHECK_EQ(find("e13c0d23-ccbc-4e12-931b-d9cc2eee27e4", 1, 2), 0);
    CHECK_EQ(find(PROCESS, 200, 2), 0);
    // Known from version 2 on, and without siblings in version 1.
    CHECK_EQ(find(STACK_WALK, 32, 1), 0);
    // A group whose types have names but no layouts.
    CHECK_EQ(find("222962ab-6180-4b88-a825-346b75f2a24a", 33, 2), 0);
}

static void check_names(const char *guid_text, unsigned opcode, const char *task, const char *name)
{
    const etw_guid guid = guid_of(guid_text);
    etw_str got_task = {"?", 1};
    etw_str got_name = {"?", 1};
    etwi_kernel_names(&guid, (uint8_t)opcode, &got_task, &got_name);
    CHECK_STR(got_task, task);
    CHECK_STR(got_name, name);
}

static void check_nameless(const char *guid_text, unsigned opcode)
{
    const etw_guid guid = guid_of(guid_text);
    etw_str task = {"?", 1};
    etw_str name = {"?", 1};
    etwi_kernel_names(&guid, (uint8_t)opcode, &task, &name);
    CHECK_EQ(task.size, 0);
    CHECK_EQ(name.size, 0);
}

static void knows_display_names(void)
{
    check_names(PROCESS, 1, "Process", "Start");
    check_names(PROCESS, 39, "Process", "Defunct");
    check_names(THREAD, 36, "Thread", "CSwitch");
    check_names(THREAD, 50, "Dispatcher", "ReadyThread");
    check_names(IMAGE, 4, "Image", "DCStop");
    check_names(PERF_INFO, 46, "PerfInfo", "Sample");
    check_names(EVENT_TRACE, 64, "EventTrace", "dbgid_rsds");
    check_names("222962ab-6180-4b88-a825-346b75f2a24a", 33, "HeapTrace", "Alloc");
    check_names("3282fc76-feed-498e-8aa7-e70f459d430e", 32, "Job", "job_create");
    check_names("90cbdc39-4a3e-11d1-84f4-0000f80464e3", 36, "FileIO", "FileRundown");
    check_names("ae53722e-c863-11d2-8659-00c04fa321a1", 10, "Registry", "Create");
    check_names("f8f10121-b617-4a56-868b-9df1b27fe32c", 32, "MMCSSTrace", "");
    check_nameless(PROCESS, 250);
    check_nameless("00000000-0000-0000-0000-000000000000", 0);
}

/* Checks that a schema makes sense by itself, as the decoder will demand. */
static void check_properties(const etw_schema *schema)
{
    CHECK(schema->top_level_count <= schema->property_count);
    CHECK((schema->property_count == 0) == (schema->properties == NULL));
    CHECK(schema->class_name.size > 0 && schema->task_name.size > 0);
    for (unsigned i = 0; i < schema->property_count; i++) {
        const etw_property *property = &schema->properties[i];
        CHECK(property->name.size > 0 && strlen(property->name.data) == property->name.size);
        if (property->flags & ETW_PROPERTY_STRUCT) {
            CHECK(property->first_member >= schema->top_level_count);
            CHECK(property->first_member + property->member_count <= schema->property_count);
        } else {
            CHECK_EQ(etwi_resolve_out_type(property->in_type, property->out_type),
                     property->out_type);
        }
        if (property->flags & ETW_PROPERTY_COUNT_INDEX) {
            CHECK(property->count < i);
            CHECK_EQ(schema->properties[property->count].in_type, ETW_IN_UINT32);
        } else {
            CHECK(property->count > 0);
        }
        // Only the last field can take the rest of the payload.
        const unsigned to_end =
            ETW_PROPERTY_TO_END | ETW_PROPERTY_COUNT_TO_END | ETW_PROPERTY_OPTIONAL;
        if (property->flags & to_end)
            CHECK_EQ(i, schema->top_level_count - 1);
    }
}

/* Every GUID of the table, every type, every version: what is found is sound and consistent. */
static void is_sound_everywhere(void)
{
    static const char *const GUIDS[] = {
        EVENT_TRACE,
        PROCESS,
        THREAD,
        IMAGE,
        PERF_INFO,
        STACK_WALK,
        SYSTEM_CONFIG,
        TCP_IP,
        IMAGE_ID,
        SYS_CONFIG_EX,
        META_DATA,
        WIN_SAT,
        LOST_EVENT,
        "0268a8b6-74fd-4302-9dd0-6e8f1795c0cf",
        "13976d09-a327-438c-950b-7f03192815c7",
        "3d6fa8d3-fe05-11d0-9dda-00c04fd7ba7c",
        "3d6fa8d4-fe05-11d0-9dda-00c04fd7ba7c",
        "45d8cccd-539f-4b72-a8b7-5c683142609a",
        "89497f50-effe-4440-8cf2-ce6b1cdcaca7",
        "90cbdc39-4a3e-11d1-84f4-0000f80464e3",
        "9aec974b-5b8e-4118-9b92-3186d8002ce5",
        "ae53722e-c863-11d2-8659-00c04fa321a1",
        "bf3a50c5-a9c9-4988-a005-2df0b7c80f80",
        "d837ca92-12b9-44a5-ad6a-3a65b3578aa8",
        "e43445e0-0903-48c3-b878-ff0fccebdd04",
        "f8f10121-b617-4a56-868b-9df1b27fe32c",
    };
    unsigned exact = 0;
    for (size_t g = 0; g < sizeof GUIDS / sizeof GUIDS[0]; g++)
        for (unsigned opcode = 0; opcode < 256; opcode++)
            for (unsigned version = 0; version < 8; version++) {
                const unsigned count = find(GUIDS[g], opcode, version);
                CHECK(count <= ETWI_KERNEL_LAYOUTS_MAX);
                for (unsigned i = 0; i < count; i++) {
                    CHECK_EQ(found[i].inferred, found[0].inferred);
                    CHECK(found[i].inferred || found[i].version == version);
                    CHECK(i == 0 || found[i].version <= found[i - 1].version);
                    check_properties(&found[i]);
                }
                exact += count > 0 && !found[0].inferred;
            }
    // 521 of the WMI classes and of trace sizes, 19 of merged traces.
    CHECK_EQ(exact, 540);
}

int main(void)
{
    RUN(describes_process_start);
    RUN(describes_the_trace_header);
    RUN(offers_both_partition_layouts);
    RUN(describes_stacks);
    RUN(describes_arrays_and_structs);
    RUN(corrects_what_traces_disprove);
    RUN(describes_what_merging_adds);
    RUN(falls_back_to_lower_versions);
    RUN(infers_from_siblings);
    RUN(admits_what_it_does_not_know);
    RUN(knows_display_names);
    RUN(is_sound_everywhere);
    return test_finish();
}
