#include "interrupt.h"

#include "os.h"

#include <stdatomic.h>

typedef void wake_function(void *user);

static atomic_bool interrupted;
static _Atomic(void *) wake_user;
static _Atomic(wake_function *) wake_call;

static void note(void)
{
    interrupted = true;
    wake_function *wake = wake_call;
    if (wake)
        wake(wake_user);
}

void cli_interrupt_catch(void)
{
    cli_os_catch_interrupts(note);
}

void cli_interrupt_call(void (*wake)(void *user), void *user)
{
    // Never the one's function with the other's argument.
    wake_function *const none = NULL;
    wake_call = none;
    wake_user = user;
    wake_call = wake;
    if (wake && interrupted)
        wake(user);
}

bool cli_interrupted(void)
{
    return interrupted;
}
