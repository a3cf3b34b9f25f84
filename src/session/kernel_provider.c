#include "session/kernel_provider.h"

/* GUIDs and keywords of evntrace.h. */
static const etw_guid alpc = {
    0xfcb9baaf, 0xe529, 0x4980, {0x92, 0xe9, 0xce, 0xd1, 0xa6, 0xaa, 0xdf, 0xdf}};
static const etw_guid config = {
    0xfef3a8b6, 0x318d, 0x4b67, {0xa9, 0x6a, 0x3b, 0x0f, 0x6b, 0x8f, 0x18, 0xfe}};
static const etw_guid interrupt = {
    0xd4bbee17, 0xb545, 0x4888, {0x85, 0x8b, 0x74, 0x41, 0x69, 0x01, 0x5b, 0x25}};
static const etw_guid io = {
    0x3d5c43e3, 0x0f1c, 0x4202, {0xb8, 0x17, 0x17, 0x4c, 0x00, 0x70, 0xdc, 0x79}};
static const etw_guid memory = {
    0x82958ca9, 0xb6cd, 0x47f8, {0xa3, 0xa8, 0x03, 0xae, 0x85, 0xa4, 0xbc, 0x24}};
static const etw_guid process = {
    0x151f55dc, 0x467d, 0x471f, {0x83, 0xb5, 0x5f, 0x88, 0x9d, 0x46, 0xff, 0x66}};
static const etw_guid profile = {
    0xbfeb0324, 0x1cee, 0x496f, {0xa4, 0x09, 0x2a, 0xc2, 0xb4, 0x8a, 0x63, 0x22}};
static const etw_guid registry = {
    0x16156bd9, 0xfab4, 0x4cfa, {0xa2, 0x32, 0x89, 0xd1, 0x09, 0x90, 0x58, 0xe3}};
static const etw_guid scheduler = {
    0x599a2a76, 0x4d91, 0x4910, {0x9a, 0xc7, 0x7d, 0x33, 0xf2, 0xe9, 0x7a, 0x6c}};
static const etw_guid syscall = {
    0x434286f7, 0x6f1b, 0x45bb, {0xb3, 0x7e, 0x95, 0xf6, 0x23, 0x04, 0x6c, 0x7c}};

typedef struct row {
    uint32_t flag;
    const etw_guid *guid;
    uint64_t keyword;
} row;

static const row rows[] = {
    {0x00000001, &process, 0x1},     /* Process: GENERAL */
    {0x00000002, &process, 0x800},   /* Thread: THREAD */
    {0x00000004, &process, 0x1000},  /* ImageLoad: LOADER */
    {0x00000008, &process, 0x8},     /* ProcessCounters: PERF_COUNTER */
    {0x00000010, &scheduler, 0x200}, /* CSwitch: CONTEXT_SWITCH */
    {0x00000020, &interrupt, 0x4},   /* DPC: DPC */
    {0x00000040, &interrupt, 0x1},   /* Interrupt: GENERAL */
    {0x00000080, &syscall, 0x1},     /* Syscall: GENERAL */
    {0x00000100, &io, 0x1},          /* DiskIo: DISK */
    {0x00000200, &io, 0x4},          /* DiskFileIo: FILENAME */
    {0x00000400, &io, 0x2},          /* DiskIoInit: DISK_INIT */
    {0x00000800, &scheduler, 0x2},   /* Dispatcher: DISPATCHER */
    {0x00001000, &memory, 0x4},      /* MemoryPageFault: ALL_FAULTS */
    {0x00002000, &memory, 0x2},      /* MemoryHardFault: HARD_FAULTS */
    {0x00004000, &memory, 0x400},    /* VirtualAlloc: VIRTUAL_ALLOC */
    {0x00008000, &memory, 0x4000},   /* FileIoVAmap: VAMAP */
    {0x00010000, &io, 0x200},        /* TcpIp: NETWORK */
    {0x00020000, &registry, 0x1},    /* Registry: GENERAL */
    {0x00040000, &process, 0x100},   /* DbgPrint: DBGPRINT */
    {0x00080000, &process, 0x200},   /* Job: JOB */
    {0x00100000, &alpc, 0x1},        /* ALPC: GENERAL */
    {0x00200000, &io, 0x8},          /* SplitIo: SPLIT */
    {0x00400000, &process, 0x80},    /* DebugEvents: DEBUG_EVENTS */
    {0x00800000, &io, 0x80},         /* Driver: DRIVERS */
    {0x01000000, &profile, 0x1},     /* Profile: GENERAL */
    {0x02000000, &io, 0x10},         /* FileIo: FILE */
    {0x04000000, &io, 0x400},        /* FileIoInit: FILE_INIT */
};

/* The flag that leaves out the configuration of the system, which is logged without asking. */
#define NO_CONFIG  UINT32_C(0x10000000)
#define CONFIG_ALL UINT64_C(0x7F)

static void add(etwi_kernel_provider *out, size_t *count, const etw_guid *guid, uint64_t keywords)
{
    for (size_t i = 0; i < *count; i++) {
        if (etw_guid_equal(&out[i].guid, guid)) {
            out[i].keywords |= keywords;
            return;
        }
    }
    out[(*count)++] = (etwi_kernel_provider){*guid, keywords};
}

size_t etwi_kernel_providers(etwi_kernel_provider out[ETWI_KERNEL_PROVIDERS_MAX], uint32_t flags,
                             uint32_t *unknown)
{
    size_t count = 0;
    *unknown = flags & ~NO_CONFIG;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!(flags & rows[i].flag))
            continue;
        add(out, &count, rows[i].guid, rows[i].keyword);
        *unknown &= ~rows[i].flag;
    }
    if (!(flags & NO_CONFIG))
        add(out, &count, &config, CONFIG_ALL);
    return count;
}
