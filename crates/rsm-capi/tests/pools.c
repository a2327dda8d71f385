/*
 * Pools and allocation at the C border: buffers, NULLs, and what is written where on success and on failure.
 */
#include <stdio.h>
#include <string.h>

#include "ntmsapi.h"

static HANDLE session;
static NTMS_GUID pool = {0x0c0c0c0c, 0x1122, 0x3344, {0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc}};

static void say(const char *what, DWORD code)
{
    printf("%s: %u\n", what, (unsigned)code);
}

static void create(void)
{
    static const WCHAR wide[] = {'\\', 'L', 0xe4, 'b', 0};
    NTMS_GUID made = {0};
    say("created", CreateNtmsMediaPoolA(session, "\\L\xc3\xa4"
                                                 "b",
                                        &pool, NTMS_CREATE_NEW, NULL, &made));
    say("its id", made.Data1);
    memset(&made, 0, sizeof made);
    say("opened", CreateNtmsMediaPoolW(session, wide, NULL, NTMS_OPEN_EXISTING, NULL, &made));
    say("its id", made.Data1);
    say("no place for the id", CreateNtmsMediaPoolA(session, "\\Lab", NULL, NTMS_OPEN_ALWAYS, NULL, NULL));
    made.Data1 = 7;
    say("no name", CreateNtmsMediaPoolA(session, NULL, NULL, NTMS_OPEN_ALWAYS, NULL, &made));
    say("id untouched", made.Data1);
}

static void secured(void)
{
    BYTE descriptor[] = {1, 0, 0, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, descriptor, 0};
    NTMS_GUID made;
    say("secured", CreateNtmsMediaPoolA(session, "\\Own", NULL, NTMS_CREATE_NEW, &attributes, &made));
    descriptor[3] = 0;
    say("absolute descriptor", CreateNtmsMediaPoolA(session, "\\Own", NULL, NTMS_CREATE_NEW, &attributes, &made));
    attributes.nLength = 4;
    say("short attributes", CreateNtmsMediaPoolA(session, "\\Own", NULL, NTMS_CREATE_NEW, &attributes, &made));
    attributes = (SECURITY_ATTRIBUTES){sizeof attributes, NULL, 0};
    say("default descriptor", CreateNtmsMediaPoolA(session, "\\Own", NULL, NTMS_CREATE_NEW, &attributes, &made));
}

static void names(void)
{
    char text[NTMS_POOLHIERARCHY_LENGTH];
    WCHAR wide[NTMS_POOLHIERARCHY_LENGTH];
    DWORD size = 4;
    memset(text, 'x', sizeof text);
    say("small buffer", GetNtmsMediaPoolNameA(session, &pool, text, &size));
    say("needed", size);
    printf("untouched: %.4s\n", text);
    say("that size", GetNtmsMediaPoolNameA(session, &pool, text, &size));
    printf("%u: %s\n", (unsigned)size, text);
    size = NTMS_POOLHIERARCHY_LENGTH;
    say("wide", GetNtmsMediaPoolNameW(session, &pool, wide, &size));
    say("characters", size);
    say("third", wide[2]);
    say("terminator", wide[size - 1]);
    size = 5;
    say("small wide buffer", GetNtmsMediaPoolNameW(session, &pool, wide, &size));
    say("needed", size);
    say("no buffer", GetNtmsMediaPoolNameA(session, &pool, NULL, &size));
    say("no size", GetNtmsMediaPoolNameA(session, &pool, text, NULL));
    say("no pool", GetNtmsMediaPoolNameA(session, NULL, text, &size));
    say("bad handle before bad arguments", GetNtmsMediaPoolNameA(NULL, NULL, NULL, NULL));
}

static void allocate(void)
{
    NTMS_GUID medium = {0x11111111, 0, 0, {0}};
    NTMS_ALLOCATION_INFORMATION from = {sizeof from, &from, {0}};
    say("allocated", AllocateNtmsMedia(session, &pool, NULL, &medium, NTMS_ALLOCATE_NEW, 0, &from));
    say("medium", medium.Data1);
    say("from", from.AllocatedFrom.Data1);
    say("the rest untouched", from.dwSize == sizeof from && from.lpReserved == &from);
    say("next", AllocateNtmsMedia(session, &pool, &pool, &medium, NTMS_ALLOCATE_NEXT, INFINITE, NULL));
    medium.Data1 = 7;
    say("refused", AllocateNtmsMedia(session, NULL, NULL, &medium, 0, 0, &from));
    say("null medium", medium.Data1);
    medium.Data1 = 7;
    say("bad handle", AllocateNtmsMedia(NULL, &pool, NULL, &medium, 0, 0, NULL));
    say("null medium", medium.Data1);
    say("no place for the medium", AllocateNtmsMedia(session, &pool, NULL, NULL, 0, 0, NULL));
    say("moved", MoveToNtmsMediaPool(session, &medium, &pool));
    say("nothing to move", MoveToNtmsMediaPool(session, NULL, &pool));
    say("deallocated", DeallocateNtmsMedia(session, &pool, 0));
    say("nothing to deallocate", DeallocateNtmsMedia(session, NULL, 0));
}

int main(void)
{
    session = OpenNtmsSessionA(NULL, "pools", 0);
    create();
    secured();
    names();
    allocate();
    say("close", CloseNtmsSession(session));
    return 0;
}
