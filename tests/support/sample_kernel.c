/* The sample trace: events of the NT kernel logger, in the versions of Windows 11. */
#include "sample_world.h"

#include "base/bytes.h"

enum {
    GROUP_EVENT_TRACE = 0x00,
    GROUP_DISK_IO = 0x01,
    GROUP_PAGE_FAULT = 0x02,
    GROUP_PROCESS = 0x03,
    GROUP_FILE_IO = 0x04,
    GROUP_THREAD = 0x05,
    GROUP_TCP_IP = 0x06,
    GROUP_PERF_INFO = 0x0F,
    GROUP_IMAGE = 0x14,
    GROUP_STACK_WALK = 0x18,

    TYPE_START = 1,
    TYPE_END = 2,
    TYPE_DC_START = 3,
    TYPE_DC_END = 4,
    TYPE_IMAGE_LOAD = 10,

    IMAGE_COUNT = 7,
    FILE_COUNT = 5,
};

static const uint64_t kernel_base = 0xFFFFF80412200000u;

typedef struct process_fact {
    uint32_t process_id;
    uint32_t parent_id;
    uint32_t session_id;
    const char *image;
    const char *command_line;
} process_fact;

static const process_fact processes[] = {
    {PID_SYSTEM, 0, 0, "System", ""},
    {PID_SERVICES, 620, 0, "services.exe", "C:\\Windows\\system32\\services.exe"},
    {PID_EXPLORER, 5044, 1, "explorer.exe", "C:\\Windows\\Explorer.EXE"},
    {PID_SHOP, PID_SERVICES, 0, "WebShop.exe",
     "\"C:\\Program Files\\Contoso\\WebShop.exe\" --port 8080"},
    {PID_INVENTORY, PID_SERVICES, 0, "Inventory.exe",
     "\"C:\\Program Files\\Contoso\\Inventory.exe\" --warehouse \"K\u00f6ln\""},
    {PID_BACKUP, PID_EXPLORER, 1, "robocopy.exe", "robocopy D:\\orders E:\\backup /MIR"},
};
enum {
    PROCESS_COUNT = sizeof processes / sizeof *processes
};

/* What a process has loaded; PID 0 stands for all of them. */
typedef struct image_fact {
    uint32_t process_id;
    uint64_t base;
    uint64_t size;
    uint32_t time_date_stamp;
    const char *path;
    const char *pdb;
} image_fact;

static const image_fact images[IMAGE_COUNT] = {
    {PID_SYSTEM, 0xFFFFF80412200000u, 0x1047000, 0x2E0B4D13, "\\SystemRoot\\system32\\ntoskrnl.exe",
     "ntkrnlmp.pdb"},
    {PID_SYSTEM, 0xFFFFF80415A00000u, 0x2F1000, 0x7B6A0C51,
     "\\SystemRoot\\System32\\Drivers\\Ntfs.sys", "ntfs.pdb"},
    {0, 0x7FFB5A4D0000, 0x217000, 0x4C1E6D9A,
     "\\Device\\HarddiskVolume3\\Windows\\System32\\ntdll.dll", "ntdll.pdb"},
    {0, 0x7FFB58E30000, 0xC4000, 0x6F2B8E17,
     "\\Device\\HarddiskVolume3\\Windows\\System32\\kernel32.dll", "kernel32.pdb"},
    {PID_SHOP, 0x7FF6C1A20000, 0x9C000, 0x695B1F40,
     "\\Device\\HarddiskVolume3\\Program Files\\Contoso\\WebShop.exe", "WebShop.pdb"},
    {PID_INVENTORY, 0x7FF7D0C80000, 0x41000, 0x695B1F52,
     "\\Device\\HarddiskVolume3\\Program Files\\Contoso\\Inventory.exe", "Inventory.pdb"},
    {PID_BACKUP, 0x7FF64B550000, 0x2A000, 0x3D77A9E2,
     "\\Device\\HarddiskVolume3\\Windows\\System32\\robocopy.exe", "robocopy.pdb"},
};

typedef struct file_fact {
    uint64_t key;
    const char *path;
} file_fact;

static const file_fact files[FILE_COUNT] = {
    {0xFFFFAC0D4A21B170u, "\\Device\\HarddiskVolume3\\pagefile.sys"},
    {0xFFFFAC0D4B8842F0u, "\\Device\\HarddiskVolume4\\orders\\orders.db"},
    {0xFFFFAC0D4B8919D0u, "\\Device\\HarddiskVolume4\\orders\\orders.db-wal"},
    {0xFFFFAC0D4C0FA350u, "\\Device\\HarddiskVolume4\\catalog\\images\\M\u00fctze.jpg"},
    {0xFFFFAC0D4C7712E0u, "\\Device\\HarddiskVolume3\\ProgramData\\Contoso\\webshop.log"},
};

/* Fields that many events share --------------------------------------------------------------- */

static const process_fact *find_process(uint32_t process_id)
{
    for (unsigned i = 0; i < PROCESS_COUNT; i++) {
        if (processes[i].process_id == process_id)
            return &processes[i];
    }
    etlb_fail("the story knows no process %u", (unsigned)process_id);
}

static bool belongs_to(const image_fact *image, uint32_t process_id)
{
    return image->process_id == process_id || (!image->process_id && process_id != PID_SYSTEM);
}

/* Kernel addresses of objects, different for each. */
static uint64_t object_address(uint32_t id)
{
    return 0xFFFFAC0D40000000u + (uint64_t)id * 0x1080;
}

static void put_process(etlb_writer *out, const process_fact *process, uint32_t exit_status)
{
    static const uint32_t system_sid[] = {18};
    static const uint32_t user_sid[] = {21, 1004336348, 1177238915, 682003330, 1001};
    etlb_ptr(out, object_address(process->process_id)); /* UniqueProcessKey */
    etlb_u32(out, process->process_id);
    etlb_u32(out, process->parent_id);
    etlb_u32(out, process->session_id);
    etlb_u32(out, exit_status);
    etlb_ptr(out, 0x1A7B3C000 + process->process_id * 0x1000u); /* DirectoryTableBase */
    etlb_u32(out, 0);                                           /* Flags */
    if (process->session_id)
        etlb_wbem_sid(out, 5, user_sid, 5);
    else
        etlb_wbem_sid(out, 5, system_sid, 1);
    etlb_asciiz(out, process->image);
    etlb_utf16z(out, process->command_line);
    etlb_utf16z(out, ""); /* PackageFullName */
    etlb_utf16z(out, ""); /* ApplicationId */
}

static void process_event(sample_world *world, uint32_t process_id, uint8_t type,
                          uint32_t exit_status, unsigned by_thread)
{
    put_process(sample_payload(world), find_process(process_id), exit_status);
    sample_system_event(world, sample_random(world, SAMPLE_CPU_COUNT), by_thread, GROUP_PROCESS,
                        type, 4);
}

static void thread_event(sample_world *world, unsigned thread, uint8_t type, unsigned by_thread)
{
    const sample_thread *subject = &sample_threads[thread];
    etlb_writer *out = sample_payload(world);
    etlb_u32(out, subject->process_id);
    etlb_u32(out, subject->thread_id);
    etlb_ptr(out, 0xFFFFF20A51C40000u + thread * 0x8000u); /* StackBase */
    etlb_ptr(out, 0xFFFFF20A51C3A000u + thread * 0x8000u); /* StackLimit */
    etlb_ptr(out, 0x3AE5F00000u + thread * 0x100000u);     /* UserStackBase */
    etlb_ptr(out, 0x3AE5EF0000u + thread * 0x100000u);     /* UserStackLimit */
    etlb_ptr(out, (1u << SAMPLE_CPU_COUNT) - 1);           /* Affinity */
    etlb_ptr(out, 0x7FFB5A4F5AA0);                         /* Win32StartAddr */
    etlb_ptr(out, 0x3AE5A00000u + thread * 0x2000u);       /* TebBase */
    etlb_u32(out, 0);                                      /* SubProcessTag */
    etlb_u8(out, 8);                                       /* BasePriority */
    etlb_u8(out, 5);                                       /* PagePriority */
    etlb_u8(out, 2);                                       /* IoPriority */
    etlb_u8(out, 0);                                       /* ThreadFlags */
    etlb_utf16z(out, subject->name);
    sample_system_event(world, sample_random(world, SAMPLE_CPU_COUNT), by_thread, GROUP_THREAD,
                        type, 4);
}

static void image_event(sample_world *world, const image_fact *image, uint32_t process_id,
                        uint8_t type)
{
    etlb_writer *out = sample_payload(world);
    etlb_ptr(out, image->base);
    etlb_ptr(out, image->size);
    etlb_u32(out, image->process_id == PID_SYSTEM ? 0 : process_id);
    etlb_u32(out, image->time_date_stamp ^ 0x00A5C31Fu); /* ImageChecksum */
    etlb_u32(out, image->time_date_stamp);
    etlb_u8(out, 12); /* SignatureLevel */
    etlb_u8(out, 1);  /* SignatureType */
    etlb_u16(out, 0);
    etlb_ptr(out, image->base); /* DefaultBase */
    etlb_fill(out, 0, 16);      /* Reserved1 to 4 */
    etlb_utf16z(out, image->path);
    sample_system_event(world, sample_random(world, SAMPLE_CPU_COUNT), THREAD_SYSTEM, GROUP_IMAGE,
                        type, 3);
}

/* Processes, threads, images ------------------------------------------------------------------- */

static bool is_there_from_the_start(uint32_t process_id)
{
    return process_id == PID_SYSTEM || process_id == PID_SERVICES || process_id == PID_EXPLORER;
}

static void threads_and_images(sample_world *world, uint32_t process_id, uint8_t thread_type,
                               uint8_t image_type, unsigned by_thread)
{
    for (unsigned thread = THREAD_SYSTEM; thread < THREAD_COUNT; thread++) {
        if (sample_threads[thread].process_id == process_id)
            thread_event(world, thread, thread_type, by_thread);
    }
    for (unsigned i = 0; i < IMAGE_COUNT; i++) {
        if (belongs_to(&images[i], process_id))
            image_event(world, &images[i], process_id, image_type);
    }
}

void sample_rundown_start(sample_world *world)
{
    for (unsigned i = 0; i < PROCESS_COUNT; i++) {
        const uint32_t process_id = processes[i].process_id;
        if (!is_there_from_the_start(process_id))
            continue;
        process_event(world, process_id, TYPE_DC_START, 259, THREAD_SYSTEM);
        threads_and_images(world, process_id, TYPE_DC_START, TYPE_DC_START, THREAD_SYSTEM);
    }

    etlb_writer *out = sample_payload(world);
    etlb_u32(out, 0);     /* Source: the timer */
    etlb_u32(out, 10000); /* NewInterval: 1 ms */
    etlb_u32(out, 10000); /* OldInterval */
    etlb_utf16z(out, "Timer");
    sample_system_event(world, 0, THREAD_SYSTEM, GROUP_PERF_INFO, 73, 3);
}

void sample_rundown_end(sample_world *world)
{
    for (unsigned i = 0; i < PROCESS_COUNT; i++) {
        const uint32_t process_id = processes[i].process_id;
        if (process_id == PID_BACKUP)
            continue;
        process_event(world, process_id, TYPE_DC_END, 259, THREAD_SYSTEM);
        threads_and_images(world, process_id, TYPE_DC_END, TYPE_DC_END, THREAD_SYSTEM);
    }
    for (unsigned i = 0; i < FILE_COUNT; i++) {
        etlb_writer *out = sample_payload(world);
        etlb_ptr(out, files[i].key);
        etlb_utf16z(out, files[i].path);
        sample_system_event(world, 0, THREAD_SYSTEM, GROUP_FILE_IO, 36, 2);
    }
}

void sample_process_start(sample_world *world, uint32_t process_id)
{
    const unsigned parent = process_id == PID_BACKUP ? THREAD_EXPLORER : THREAD_SERVICES;
    process_event(world, process_id, TYPE_START, 259, parent);
    threads_and_images(world, process_id, TYPE_START, TYPE_IMAGE_LOAD, parent);
}

void sample_process_stop(sample_world *world, uint32_t process_id)
{
    threads_and_images(world, process_id, TYPE_END, TYPE_END, THREAD_SYSTEM);
    etlb_u32(sample_payload(world), process_id);
    sample_system_event(world, 1, THREAD_SYSTEM, GROUP_PROCESS, 11, 2); /* Terminate */
    process_event(world, process_id, TYPE_END, 1, THREAD_SYSTEM);
}

/* Processor, memory, disk ---------------------------------------------------------------------- */

void sample_stack(sample_world *world, unsigned cpu, unsigned thread, int64_t event_time)
{
    const sample_thread *subject = &sample_threads[thread];
    etlb_writer *out = sample_payload(world);
    etlb_u64(out, (uint64_t)event_time); /* The raw time of the event it belongs to. */
    etlb_u32(out, subject->process_id);
    etlb_u32(out, subject->thread_id);
    const unsigned kernel_frames = 2 + sample_random(world, 5);
    const unsigned user_frames = thread <= THREAD_SYSTEM ? 0 : 3 + sample_random(world, 8);
    for (unsigned i = 0; i < kernel_frames; i++)
        etlb_ptr(out, kernel_base + 0x205000 + sample_random(world, 64) * 0x2A31u);
    for (unsigned i = 0; i < user_frames; i++) {
        const image_fact *image = &images[i < 2 ? 2 + i : 4];
        etlb_ptr(out, image->base + 0x1000 + sample_random(world, 48) * 0x3F7u);
    }
    sample_kernel_event(world, cpu, GROUP_STACK_WALK, 32, 2);
}

void sample_profile(sample_world *world, unsigned cpu)
{
    const unsigned thread = world->running[cpu];
    if (thread == THREAD_IDLE && sample_random(world, 4))
        return; /* Most idle processors sleep. */
    const uint64_t address = thread <= THREAD_SYSTEM
                                 ? kernel_base + 0x20A100 + sample_random(world, 900)
                                 : images[4].base + 0x1400 + sample_random(world, 30000);
    etlb_writer *out = sample_payload(world);
    etlb_ptr(out, address);
    etlb_u32(out, sample_threads[thread].thread_id);
    etlb_u16(out, 1); /* Count */
    etlb_u16(out, 0x40);
    sample_kernel_event(world, cpu, GROUP_PERF_INFO, 46, 2);
    if (thread != THREAD_IDLE)
        sample_stack(world, cpu, thread, world->now);
}

static void put_irp(sample_world *world, etlb_writer *out)
{
    etlb_ptr(out, object_address(0x8000 + world->next_irp));
}

void sample_disk_io(sample_world *world, unsigned thread)
{
    const bool is_write = sample_random(world, 3) == 0;
    const uint32_t thread_id = sample_threads[thread].thread_id;
    const unsigned cpu = sample_run(world, thread);
    world->next_irp++;

    etlb_writer *out = sample_payload(world);
    put_irp(world, out);
    etlb_u32(out, thread_id);
    sample_kernel_event(world, cpu, GROUP_DISK_IO, is_write ? 13 : 12, 3); /* …Init */
    sample_stack(world, cpu, thread, world->now);

    const uint32_t latency = 80 + sample_random(world, 900);
    sample_wait(world, latency);
    const file_fact *file = &files[sample_random(world, FILE_COUNT)];
    out = sample_payload(world);
    etlb_u32(out, file->key == files[1].key ? 1 : 0); /* DiskNumber */
    etlb_u32(out, 0x60043);                           /* IrpFlags */
    etlb_u32(out, 4096u << sample_random(world, 5));  /* TransferSize */
    etlb_u32(out, 0);
    etlb_u64(out, (uint64_t)sample_random(world, 1u << 24) * 4096); /* ByteOffset */
    etlb_ptr(out, file->key);
    put_irp(world, out);
    etlb_u64(out, latency * 10u); /* HighResResponseTime, in ticks */
    etlb_u32(out, thread_id);
    /* The interrupt comes to whatever processor it likes. */
    sample_kernel_event(world, sample_random(world, SAMPLE_CPU_COUNT), GROUP_DISK_IO,
                        is_write ? 11 : 10, 3);
}

void sample_file_open(sample_world *world, unsigned thread)
{
    const file_fact *file = &files[1 + sample_random(world, FILE_COUNT - 1)];
    const unsigned cpu = sample_run(world, thread);
    world->next_irp++;
    etlb_writer *out = sample_payload(world);
    put_irp(world, out);
    etlb_ptr(out, object_address(0x20000 + world->next_irp)); /* FileObject */
    etlb_u32(out, sample_threads[thread].thread_id);
    etlb_u32(out, 0x01000060); /* CreateOptions */
    etlb_u32(out, 0x80);       /* FileAttributes */
    etlb_u32(out, 3);          /* ShareAccess */
    etlb_utf16z(out, file->path);
    sample_kernel_event(world, cpu, GROUP_FILE_IO, 64, 3);

    sample_wait(world, 20 + sample_random(world, 60));
    out = sample_payload(world);
    put_irp(world, out);
    etlb_ptr(out, 1); /* ExtraInfo: opened */
    etlb_u32(out, 0); /* NtStatus */
    sample_kernel_event(world, cpu, GROUP_FILE_IO, 76, 3);
}

void sample_hard_fault(sample_world *world, unsigned thread)
{
    const unsigned cpu = sample_run(world, thread);
    const int64_t started = world->now;
    sample_wait(world, 150 + sample_random(world, 400));
    etlb_writer *out = sample_payload(world);
    etlb_u64(out, (uint64_t)started);
    etlb_u64(out, (uint64_t)sample_random(world, 4096) * 4096); /* ReadOffset */
    etlb_ptr(out, images[4].base + sample_random(world, 0x90) * 0x1000u);
    etlb_ptr(out, files[0].key);
    etlb_u32(out, sample_threads[thread].thread_id);
    etlb_u32(out, 4096u << sample_random(world, 4));
    sample_kernel_event(world, cpu, GROUP_PAGE_FAULT, 32, 2);
}

/* Network -------------------------------------------------------------------------------------- */

static const uint8_t client_network[] = {203, 0, 113};
static const uint8_t server_address[] = {192, 0, 2, 17};

/* What all TCP events start with. The fields of a connection follow from its number. */
static etlb_writer *put_connection(sample_world *world, unsigned connection, uint32_t size)
{
    etlb_writer *out = sample_payload(world);
    etlb_u32(out, PID_SHOP);
    etlb_u32(out, size);
    etlb_raw(out, client_network, sizeof client_network); /* daddr */
    etlb_u8(out, (uint8_t)(10 + connection % 240));
    etlb_raw(out, server_address, sizeof server_address); /* saddr */
    etlb_u16be(out, (uint16_t)(49152 + connection * 7));  /* dport */
    etlb_u16be(out, 8080);                                /* sport */
    return out;
}

void sample_connection_open(sample_world *world, unsigned connection)
{
    etlb_writer *out = put_connection(world, connection, 0);
    etlb_u16(out, 1460);  /* mss */
    etlb_u16(out, 1);     /* sackopt */
    etlb_u16(out, 0);     /* tsopt */
    etlb_u16(out, 1);     /* wsopt */
    etlb_u32(out, 65535); /* rcvwin */
    etlb_u16(out, 8);     /* rcvwinscale */
    etlb_u16(out, 8);     /* sndwinscale */
    etlb_u32(out, 0);     /* seqnum */
    etlb_ptr(out, object_address(0x40000 + connection));
    sample_kernel_event(world, connection % SAMPLE_CPU_COUNT, GROUP_TCP_IP, 15, 2); /* Accept */
}

void sample_connection_data(sample_world *world, unsigned connection, bool send)
{
    const uint32_t size = 200 + sample_random(world, send ? 30000 : 1200);
    etlb_writer *out = put_connection(world, connection, size);
    if (send) {
        const uint32_t millisecond = (uint32_t)(world->now / 10000);
        etlb_u32(out, millisecond);     /* startime */
        etlb_u32(out, millisecond + 1); /* endtime */
    }
    etlb_u32(out, sample_random(world, 1u << 30)); /* seqnum */
    etlb_ptr(out, object_address(0x40000 + connection));
    sample_kernel_event(world, connection % SAMPLE_CPU_COUNT, GROUP_TCP_IP, send ? 10 : 11, 2);
}

void sample_connection_close(sample_world *world, unsigned connection)
{
    etlb_writer *out = put_connection(world, connection, 0);
    etlb_u32(out, 0);
    etlb_ptr(out, object_address(0x40000 + connection));
    sample_kernel_event(world, connection % SAMPLE_CPU_COUNT, GROUP_TCP_IP, 13, 2);
}

/* What stands at the edges of a trace --------------------------------------------------------- */

void sample_header_events(sample_world *world)
{
    etlb_asciiz(sample_payload(world), "22621.1.amd64fre.ni_release.220506-1250");
    sample_kernel_event(world, ETLB_HEADER_BUFFER, GROUP_EVENT_TRACE, 0x42, 2); /* Build lab */
    etlb_fill(sample_payload(world), 0, 36); /* Group masks and kernel event version */
    sample_system_event(world, ETLB_HEADER_BUFFER, THREAD_SYSTEM, GROUP_EVENT_TRACE, 5, 2);
    sample_payload(world);
    sample_system_event(world, ETLB_HEADER_BUFFER, THREAD_SYSTEM, GROUP_EVENT_TRACE, 8, 2);
}

/* KernelTraceControl and SystemConfigEx: what merging a trace adds to it. */
static void merge_event(sample_world *world, const char *class_guid, uint8_t opcode,
                        uint16_t version)
{
    const etlb_event event = {
        .cpu = 0,
        .timestamp = sample_tick(world),
        .process_id = 5980,
        .thread_id = 6004,
        .provider = etlb_guid_of(class_guid),
        .opcode = opcode,
        .version = version,
    };
    etlb_event_full(world->trace, &event, etlb_written(&world->payload));
}

static void image_id_events(sample_world *world, const image_fact *image, uint32_t process_id)
{
    static const char class_guid[] = "b3e675d7-2554-4f18-830b-2762732560de";
    const char *name = strrchr(image->path, '\\') + 1;
    etlb_writer *out = sample_payload(world);
    etlb_ptr(out, image->base);
    etlb_ptr(out, image->size);
    etlb_u32(out, process_id);
    etlb_u32(out, image->time_date_stamp);
    etlb_utf16z(out, name);
    merge_event(world, class_guid, 0, 2); /* ImageID */

    etw_guid signature = etlb_guid_of("5c1f8a40-3a77-4b8e-9d6a-0e5b7c2d1f00");
    signature.data1 ^= image->time_date_stamp;
    out = sample_payload(world);
    etlb_ptr(out, image->base);
    etlb_u32(out, process_id);
    etlb_guid(out, &signature);
    etlb_u32(out, 1); /* Age */
    etlb_asciiz(out, image->pdb);
    merge_event(world, class_guid, 36, 2); /* DbgID_RSDS */
}

void sample_merge_events(sample_world *world)
{
    static const char class_guid[] = "9b79ee91-b5fd-41c0-a243-4248e266e9d0";
    static const char *const volumes[][2] = {
        {"\\Device\\HarddiskVolume3\\", "C:\\"},
        {"\\Device\\HarddiskVolume4\\", "D:\\"},
    };
    etlb_writer *out = sample_payload(world);
    etlb_u64(out, etlb_options_of(world->trace)->boot_time - 864000000000 * 200); /* Installed */
    etlb_utf16z(out, "22621.1.amd64fre.ni_release.220506-1250");
    etlb_utf16z(out, "Windows 11 Pro");
    merge_event(world, class_guid, 32, 0);
    out = sample_payload(world);
    etlb_utf16z(out, "C:\\Windows\\system32\\");
    etlb_utf16z(out, "C:\\Windows\\");
    merge_event(world, class_guid, 33, 0);
    for (unsigned i = 0; i < sizeof volumes / sizeof *volumes; i++) {
        out = sample_payload(world);
        etlb_utf16z(out, volumes[i][0]);
        etlb_utf16z(out, volumes[i][1]);
        merge_event(world, class_guid, 35, 0);
    }
    for (unsigned i = 0; i < IMAGE_COUNT; i++)
        image_id_events(world, &images[i],
                        images[i].process_id == PID_SYSTEM ? 0
                        : images[i].process_id             ? images[i].process_id
                                                           : (uint32_t)PID_SHOP);
}
