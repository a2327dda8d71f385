/*
 * What goes out of use and comes back, at the C border.
 */
#include <stdio.h>

#include "ntmsapi.h"

static void say(const char *what, DWORD code)
{
    printf("%s: %u\n", what, (unsigned)code);
}

int main(void)
{
    NTMS_GUID drive = {0x0a0a0a0a, 0, 0, {0, 0, 0, 0, 0, 0, 0, 1}};
    HANDLE session = OpenNtmsSessionA(NULL, "enabling", 0);
    say("disabled", DisableNtmsObject(session, NTMS_DRIVE, &drive));
    say("enabled", EnableNtmsObject(session, NTMS_DRIVE, &drive));
    say("a changer", DisableNtmsObject(session, NTMS_CHANGER, &drive));
    say("no object", DisableNtmsObject(session, NTMS_DRIVE, NULL));
    say("no object to enable", EnableNtmsObject(session, NTMS_DRIVE, NULL));
    say("no session", DisableNtmsObject(NULL, NTMS_DRIVE, &drive));
    say("no session to enable in", EnableNtmsObject(NULL, NTMS_DRIVE, &drive));
    say("closed", CloseNtmsSession(session));
    return 0;
}
