#include "os/team.h"

typedef struct member {
    void (*work)(void *user, unsigned member);
    void *user;
    unsigned number;
    etwi_thread *thread;
} member;

static void run_member(void *argument)
{
    const member *m = argument;
    m->work(m->user, m->number);
}

void etwi_team_run(unsigned threads, void (*work)(void *user, unsigned member), void *user)
{
    member members[ETWI_TEAM_MAX];
    unsigned count = 1;
    for (; count < threads && count < ETWI_TEAM_MAX; count++) {
        member *m = &members[count];
        m->work = work;
        m->user = user;
        m->number = count;
        m->thread = etwi_thread_start(run_member, m);
        if (!m->thread)
            break;
    }
    work(user, 0);
    for (unsigned i = 1; i < count; i++)
        etwi_thread_join(members[i].thread);
}
