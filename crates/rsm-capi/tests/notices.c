/*
 * Notification channels at the C border: handles of two kinds, NULLs, and what is written where.
 */
#include <stdio.h>
#include <string.h>

#include "ntmsapi.h"

static void say(const char *what, DWORD code)
{
    printf("%s: %u\n", what, (unsigned)code);
}

int main(void)
{
    NTMS_NOTIFICATIONINFORMATION told;
    HANDLE session = OpenNtmsSessionA(NULL, "notices", 0);
    HANDLE second = OpenNtmsSessionA(NULL, "notices", 0);
    HANDLE pools = OpenNtmsNotification(session, NTMS_MEDIA_POOL);
    HANDLE sides = OpenNtmsNotification(session, NTMS_PARTITION);
    HANDLE other = OpenNtmsNotification(second, NTMS_PARTITION);
    HANDLE left;
    say("opened", GetLastError());
    say("all differ", pools != sides && pools != session && sides != other && pools != INVALID_HANDLE_VALUE);
    say("no session", OpenNtmsNotification(NULL, NTMS_DRIVE) == INVALID_HANDLE_VALUE);
    say("its reason", GetLastError());
    say("a channel is no session", OpenNtmsNotification(pools, NTMS_DRIVE) == INVALID_HANDLE_VALUE);
    say("its reason", GetLastError());
    say("refused", OpenNtmsNotification(session, 99) == INVALID_HANDLE_VALUE);
    say("its reason", GetLastError());
    memset(&told, 0xee, sizeof told);
    say("nowhere to write", WaitForNtmsNotification(pools, NULL, 5));
    say("a change", WaitForNtmsNotification(pools, &told, 5));
    say("operation", told.dwOperation);
    say("object", told.ObjectId.Data1);
    memset(&told, 0xee, sizeof told);
    say("nothing", WaitForNtmsNotification(pools, &told, 0));
    say("untouched", told.dwOperation);
    say("broken", WaitForNtmsNotification(pools, &told, INFINITE));
    say("wait on NULL", WaitForNtmsNotification(NULL, NULL, 0));
    say("wait on a session", WaitForNtmsNotification(session, &told, 0));
    say("wait on an address", WaitForNtmsNotification(&told, &told, 0));
    say("wait on no handle", WaitForNtmsNotification(INVALID_HANDLE_VALUE, &told, 0));
    say("close NULL", CloseNtmsNotification(NULL));
    say("close a session", CloseNtmsNotification(session));
    say("close an address", CloseNtmsNotification(&told));
    say("a channel does not close as a session", CloseNtmsSession(pools));
    say("closed", CloseNtmsNotification(pools));
    say("closed again", CloseNtmsNotification(pools));
    say("wait on a closed one", WaitForNtmsNotification(pools, &told, 0));
    left = sides;
    say("close the session", CloseNtmsSession(session));
    say("its channel is gone", CloseNtmsNotification(left));
    say("wait on it", WaitForNtmsNotification(left, &told, 0));
    say("that of the other session is not", CloseNtmsNotification(other));
    say("close the other", CloseNtmsSession(second));
    return 0;
}
