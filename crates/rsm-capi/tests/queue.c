/*
 * The queue at the C border: NULLs, and what is written where on success and on failure.
 */
#include <stdio.h>

#include "ntmsapi.h"

static HANDLE session;
static NTMS_GUID request = {0x0a0a0a0a, 0, 0, {0, 0, 0, 0, 0, 0, 0, 1}};

static void say(const char *what, DWORD code)
{
    printf("%s: %u\n", what, (unsigned)code);
}

int main(void)
{
    NTMS_GUID two[] = {request, request};
    DWORD order = 7;
    session = OpenNtmsSessionA(NULL, "queue", 0);
    say("ordered", GetNtmsRequestOrder(session, &request, &order));
    say("its place", order);
    say("no place for the number", GetNtmsRequestOrder(session, &request, NULL));
    order = 7;
    say("no request", GetNtmsRequestOrder(session, NULL, &order));
    say("number untouched", order);
    say("moved", SetNtmsRequestOrder(session, &request, 0xffffffff));
    say("nothing to move", SetNtmsRequestOrder(session, NULL, 1));
    say("cancelled", CancelNtmsLibraryRequest(session, &request));
    say("nothing to cancel", CancelNtmsLibraryRequest(session, NULL));
    say("deleted", DeleteNtmsRequests(session, two, NTMS_LIBREQUEST, 2));
    say("nothing to delete", DeleteNtmsRequests(session, NULL, NTMS_LIBREQUEST, 2));
    say("dismounted", DismountNtmsDrive(session, &request));
    say("no drive", DismountNtmsDrive(session, NULL));
    say("inventory", InventoryNtmsLibrary(session, &request, NTMS_INVENTORY_FAST));
    say("no library", InventoryNtmsLibrary(session, NULL, NTMS_INVENTORY_FAST));
    say("no session", CancelNtmsLibraryRequest(NULL, &request));
    say("closed", CloseNtmsSession(session));
    return 0;
}
