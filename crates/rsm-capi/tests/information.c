/*
 * NTMS_OBJECTINFORMATION at the C border: both forms, every kind by its size, reading, altering, writing back.
 */
#include <stdio.h>
#include <string.h>

#include "ntmsapi.h"

static HANDLE session;
static NTMS_GUID id = {0x0e0e0e0e, 0x0102, 0x0304, {5, 6, 7, 8, 9, 10, 11, 12}};

static void say(const char *what, DWORD code)
{
    printf("%s: %u\n", what, (unsigned)code);
}

static void one_id(const char *what, const NTMS_GUID *guid)
{
    printf("%s: %08x-%04x-%04x-%02x%02x\n", what, (unsigned)guid->Data1, guid->Data2, guid->Data3, guid->Data4[0],
           guid->Data4[7]);
}

static void side(void)
{
    NTMS_OBJECTINFORMATIONA info = {.dwSize = sizeof info, .dwType = NTMS_PARTITION};
    NTMS_OBJECTINFORMATIONW wide = {.dwSize = sizeof wide, .dwType = NTMS_UNKNOWN};
    id.Data4[7] = NTMS_PARTITION;
    say("a side", GetNtmsObjectInformationA(session, &id, &info));
    printf("%u %u %u-%02u-%02u(%u) %02u:%02u:%02u.%03u %s\n", (unsigned)info.dwSize, (unsigned)info.dwType,
           info.Created.wYear, info.Created.wMonth, info.Created.wDay, info.Created.wDayOfWeek, info.Created.wHour,
           info.Created.wMinute, info.Created.wSecond, info.Created.wMilliseconds, info.szName);
    one_id("object", &info.ObjectGuid);
    one_id("medium", &info.Info.Partition.PhysicalMedia);
    one_id("logical medium", &info.Info.Partition.LogicalMedia);
    printf("%u %u %u:%02x%02x %s %s %u %lld\n", (unsigned)info.Info.Partition.State, info.Info.Partition.Side,
           (unsigned)info.Info.Partition.dwOmidLabelIdLength, info.Info.Partition.OmidLabelId[0],
           info.Info.Partition.OmidLabelId[1], info.Info.Partition.szOmidLabelType,
           info.Info.Partition.szOmidLabelInfo, (unsigned)info.Info.Partition.dwAllocateCount,
           (long long)info.Info.Partition.Capacity);
    say("in wide characters", GetNtmsObjectInformationW(session, &id, &wide));
    printf("%u %u %c%c %u %lld\n", (unsigned)wide.dwSize, (unsigned)wide.dwType, wide.szName[0], wide.szName[1],
           (unsigned)wide.Info.Partition.dwAllocateCount, (long long)wide.Info.Partition.Capacity);
}

/* The smallest size that is accepted for each kind, in both forms; nothing behind it is written. */
static void sizes(void)
{
    for (DWORD type = NTMS_CHANGER; type <= NTMS_OPREQUEST; type++) {
        union {
            NTMS_OBJECTINFORMATIONA a;
            NTMS_OBJECTINFORMATIONW w;
            BYTE bytes[sizeof(NTMS_OBJECTINFORMATIONW) + 1];
        } place;
        DWORD least[2] = {0, 0};
        int behind[2] = {0, 0};
        id.Data4[7] = (BYTE)type;
        for (int form = 0; form < 2; form++)
            for (DWORD size = 0; least[form] == 0 && size < sizeof place; size++) {
                memset(&place, 0xee, sizeof place);
                place.a.dwSize = size;
                place.a.dwType = type;
                DWORD code = form ? GetNtmsObjectInformationW(session, &id, &place.w)
                                  : GetNtmsObjectInformationA(session, &id, &place.a);
                if (code == ERROR_SUCCESS) {
                    least[form] = size;
                    behind[form] = place.bytes[size];
                } else if (code != ERROR_INVALID_PARAMETER) {
                    say("unexpected", code);
                }
            }
        printf("%u: %u %u %x %x\n", (unsigned)type, (unsigned)least[0], (unsigned)least[1], behind[0], behind[1]);
    }
}

static void pool(void)
{
    NTMS_OBJECTINFORMATIONW info = {.dwSize = sizeof info, .dwType = NTMS_MEDIA_POOL};
    id.Data4[7] = NTMS_MEDIA_POOL;
    say("a pool", GetNtmsObjectInformationW(session, &id, &info));
    printf("%u %u %u\n", (unsigned)info.Info.MediaPool.AllocationPolicy,
           (unsigned)info.Info.MediaPool.DeallocationPolicy, (unsigned)info.Info.MediaPool.dwMaxAllocates);
    info.Info.MediaPool.dwMaxAllocates = 9;
    info.szDescription[0] = 0x263a;
    info.szDescription[1] = 0;
    say("written back", SetNtmsObjectInformationW(session, &id, &info));
}

static void library(void)
{
    NTMS_OBJECTINFORMATIONA info = {.dwSize = sizeof info, .dwType = NTMS_LIBRARY};
    strcpy(info.szName, "vault");
    memset(info.szDescription, 'd', sizeof info.szDescription);
    info.Info.Library.InventoryMethod = NTMS_INVENTORY_OMID;
    info.Info.Library.AutoRecovery = -1;
    info.Info.Library.dwFlags = NTMS_LIBRARYFLAG_RECOGNIZECLEANERBARCODE;
    say("a library", SetNtmsObjectInformationA(session, &id, &info));
}

static void refusals(void)
{
    NTMS_OBJECTINFORMATIONA info = {.dwSize = sizeof info, .dwType = NTMS_LIBRARY};
    id.Data4[7] = NTMS_MEDIA_POOL;
    say("no structure to fill", GetNtmsObjectInformationA(session, &id, NULL));
    say("no structure to write", SetNtmsObjectInformationA(session, &id, NULL));
    say("no object to tell", GetNtmsObjectInformationA(session, NULL, &info));
    say("another type", GetNtmsObjectInformationA(session, &id, &info));
    info.dwSize = 256 + 128 - 1;
    say("too small to write", SetNtmsObjectInformationA(session, &id, &info));
    info.dwType = NTMS_UNKNOWN;
    info.dwSize = 300;
    say("too small for what was found", GetNtmsObjectInformationA(session, &id, &info));
    say("its type is untouched", info.dwType);
}

int main(void)
{
    session = OpenNtmsSessionA(NULL, "information", 0);
    side();
    sizes();
    pool();
    library();
    refusals();
    say("close", CloseNtmsSession(session));
    return 0;
}
