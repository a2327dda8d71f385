/*
 * Ports at the C border: NULLs, and when the id of an operation is read or written.
 */
#include <stdio.h>
#include <string.h>

#include "ntmsapi.h"

static HANDLE session;
static NTMS_GUID medium = {0x0a0a0a0a, 0, 0, {0, 0, 0, 0, 0, 0, 0, 1}};
static NTMS_GUID none;

static void say(const char *what, DWORD code)
{
    printf("%s: %u\n", what, (unsigned)code);
}

static void untouched(const char *what, const NTMS_GUID *operation)
{
    say(what, memcmp(operation, &none, sizeof none) == 0);
}

int main(void)
{
    NTMS_GUID operation = none;
    session = OpenNtmsSessionA(NULL, "ports", 0);
    say("collected", EjectNtmsMedia(session, &medium, &operation, NTMS_EJECT_QUEUE));
    untouched("not written", &operation);
    say("collected without a place", EjectNtmsMedia(session, &medium, NULL, NTMS_EJECT_QUEUE));
    say("no medium", EjectNtmsMedia(session, NULL, &operation, NTMS_EJECT_QUEUE));
    untouched("not written", &operation);
    say("no place for the id", EjectNtmsMedia(session, &medium, NULL, NTMS_EJECT_START));
    say("no place by force", EjectNtmsMedia(session, &medium, NULL, NTMS_EJECT_FORCE));
    say("nothing to stop", EjectNtmsMedia(session, NULL, NULL, NTMS_EJECT_STOP));
    say("started", EjectNtmsMedia(session, &medium, &operation, NTMS_EJECT_START));
    say("its id", operation.Data1);
    say("stopped", EjectNtmsMedia(session, NULL, &operation, NTMS_EJECT_STOP));
    say("id kept", operation.Data1);
    operation = none;
    say("cleaner without a place", EjectNtmsCleaner(session, &medium, NULL, NTMS_EJECT_START));
    say("no library", EjectNtmsCleaner(session, NULL, &operation, NTMS_EJECT_START));
    untouched("not written", &operation);
    say("cleaner started", EjectNtmsCleaner(session, &medium, &operation, NTMS_EJECT_START));
    say("its id", operation.Data1);
    say("cleaner stopped", EjectNtmsCleaner(session, &medium, &operation, NTMS_EJECT_STOP));
    operation = none;
    say("brought without a place", InjectNtmsCleaner(session, &medium, NULL, 20, NTMS_INJECT_START));
    say("brought", InjectNtmsCleaner(session, &medium, &operation, 20, NTMS_INJECT_START));
    say("its id", operation.Data1);
    operation = none;
    say("taken in without a place", InjectNtmsMedia(session, &medium, NULL, NTMS_INJECT_STARTMANY));
    say("taken in", InjectNtmsMedia(session, &medium, &operation, NTMS_INJECT_STARTMANY));
    say("its id", operation.Data1);
    say("pulled in", InjectNtmsMedia(session, &medium, &operation, NTMS_INJECT_RETRACT));
    say("id kept", operation.Data1);
    say("no session", EjectNtmsMedia(NULL, &medium, &operation, NTMS_EJECT_START));
    say("door", AccessNtmsLibraryDoor(session, &medium, NTMS_INVENTORY_FAST));
    say("no library", AccessNtmsLibraryDoor(session, NULL, NTMS_INVENTORY_FAST));
    say("slot", IdentifyNtmsSlot(session, &medium, NTMS_DISMOUNT_DEFERRED));
    say("no slot", IdentifyNtmsSlot(session, NULL, NTMS_DISMOUNT_DEFERRED));
    say("door without a session", AccessNtmsLibraryDoor(NULL, &medium, NTMS_INVENTORY_FAST));
    say("closed", CloseNtmsSession(session));
    return 0;
}
