/* Activity ids: of threads, and new ones. */
#include "engine/activity.h"

#include "engine/system_writer.h"
#include "os/process.h"

ETWI_THREAD_LOCAL etw_guid etwi_activity_current;

etw_guid etw_activity_id_get(void)
{
    const etwi_system_writer *const system = etwi_system_writer_get();
    etw_guid id;
    return system && system->get_activity(&id) ? id : etwi_activity_current;
}

void etw_activity_id_set(const etw_guid *activity)
{
    static const etw_guid NONE = {0, 0, 0, {0}};
    const etwi_system_writer *const system = etwi_system_writer_get();
    etwi_activity_current = activity ? *activity : NONE;
    if (system)
        system->set_activity(&etwi_activity_current);
}

etw_guid etw_activity_id_create(void)
{
    const etwi_system_writer *const system = etwi_system_writer_get();
    etw_guid id;
    if (system && system->create_activity(&id))
        return id;
    if (!etwi_random_bytes(&id, sizeof id)) {
        // Without random numbers: what is different for each call of each process.
        static _Atomic uint32_t counter;
        const uint64_t now = etwi_clock_filetime();
        id.data1 = etwi_process_id();
        id.data2 = (uint16_t)(id.data1 >> 16);
        const uint32_t count = counter++;
        memcpy(id.data4, &now, sizeof now);
        id.data1 ^= count * 0x9E3779B1u;
    }
    // Version 4, as of RFC 4122.
    id.data3 = (uint16_t)((id.data3 & 0x0FFF) | 0x4000);
    id.data4[0] = (uint8_t)((id.data4[0] & 0x3F) | 0x80);
    return id;
}
