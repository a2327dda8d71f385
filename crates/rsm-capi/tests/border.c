/*
 * Hostile and edge arguments at the C border; prints one line for each, to be compared by the test.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ntmsapi.h"

_Static_assert(sizeof(NTMS_GUID) == 16, "the published size of NTMS_GUID");
_Static_assert(sizeof(WCHAR) == 2, "WCHAR is 16 bits");

static HANDLE session;

static void say(const char *what, DWORD code)
{
    printf("%s: %u\n", what, (unsigned)code);
    fflush(stdout);
}

static void handles(void)
{
    NTMS_GUID on_stack = {0};
    DWORD size = 0;
    say("null handle", CloseNtmsSession(NULL));
    say("invalid handle", CloseNtmsSession(INVALID_HANDLE_VALUE));
    say("address as handle", CloseNtmsSession(&on_stack));
    say("number as handle", EnumerateNtmsObject((HANDLE)(intptr_t)4096, NULL, NULL, &size, NTMS_LIBRARY, 0));
    say("altered handle", CloseNtmsSession((HANDLE)((intptr_t)session ^ 4096)));
    say("bad handle before bad arguments", MountNtmsMedia(NULL, NULL, NULL, 0, 0, 0, 0, NULL));
}

static void names(void)
{
    static const WCHAR nowhere[] = {'n', 'o', 'w', 'h', 'e', 'r', 'e', 0};
    static const WCHAR localhost[] = {'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't', 0};
    say("malformed name", OpenNtmsSessionA("no name!", "c", 0) == INVALID_HANDLE_VALUE ? GetLastError() : 0);
    say("other host", OpenNtmsSessionW(nowhere, NULL, 0) == INVALID_HANDLE_VALUE ? GetLastError() : 0);
    HANDLE wide = OpenNtmsSessionW(localhost, localhost, 0);
    say("wide open", GetLastError());
    say("wide close", CloseNtmsSession(wide));
    say("closed twice", CloseNtmsSession(wide));
}

static void lists(void)
{
    NTMS_GUID list[3];
    DWORD size = 0;
    memset(list, 0xee, sizeof list);
    say("no size", EnumerateNtmsObject(session, NULL, list, NULL, NTMS_LIBRARY, 0));
    say("size query", EnumerateNtmsObject(session, NULL, NULL, &size, NTMS_LIBRARY, 0));
    say("needed", size);
    size = 1;
    say("no list", EnumerateNtmsObject(session, NULL, NULL, &size, NTMS_LIBRARY, 0));
    say("too small", EnumerateNtmsObject(session, NULL, list, &size, NTMS_LIBRARY, 0));
    say("needed", size);
    say("first id", list[0].Data1);
    say("second id untouched", list[1].Data4[7]);
    size = 3;
    say("fits", EnumerateNtmsObject(session, NULL, list, &size, NTMS_LIBRARY, 0));
    say("found", size);
    say("second id", list[1].Data1);
}

static void media(void)
{
    NTMS_GUID medium = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    NTMS_GUID drive = {0};
    say("no media", MountNtmsMedia(session, NULL, &drive, 1, 0, 0, 0, NULL));
    say("no drives", MountNtmsMedia(session, &medium, NULL, 1, 0, 0, 0, NULL));
    say("no count", MountNtmsMedia(session, &medium, &drive, 0, 0, 0, 0, NULL));
    say("refused", MountNtmsMedia(session, &medium, &drive, 1, NTMS_MOUNT_READ, 99, 0, NULL));
    say("drive untouched", drive.Data1);
    say("no wait", MountNtmsMedia(session, &medium, &drive, 1, NTMS_MOUNT_NOWAIT, 0, 0, NULL));
    say("drive untouched", drive.Data1);
    say("nothing to dismount", DismountNtmsMedia(session, NULL, 1, 0));
    say("dismount refused", DismountNtmsMedia(session, &medium, 1, 0));
}

static void child(void)
{
    if (fork() == 0) {
        DWORD size = 0;
        say("parent's session in a child", EnumerateNtmsObject(session, NULL, NULL, &size, NTMS_LIBRARY, 0));
        HANDLE own = OpenNtmsSessionA(NULL, "child", 0);
        say("child opens", GetLastError());
        say("child closes", CloseNtmsSession(own));
        _exit(0);
    }
    int status = -1;
    wait(&status);
    say("child ended with", (DWORD)status);
}

int main(void)
{
    session = OpenNtmsSessionA("", "border", 0);
    say("open", GetLastError());
    handles();
    names();
    lists();
    media();
    child();
    say("close", CloseNtmsSession(session));
    return 0;
}
