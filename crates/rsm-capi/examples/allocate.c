/*
 * Gets a side of a medium for itself out of the free pool, mounts it for writing, and gives everything back.
 *
 * Build: cc -Iinclude examples/allocate.c -L<directory of the library> -lntmsapi -o allocate
 * Run:   RSM_SOCKET=/run/rsm/rsm.sock ./allocate
 *
 * Ends with 0, or with 1 after printing which function failed with which code.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ntmsapi.h"

#define TIMEOUT_MS 600000u

static int failed(const char *function, DWORD code)
{
    fprintf(stderr, "%s failed with code %" PRIu32 "\n", function, code);
    return 1;
}

/* The media type of the first medium that there is. */
static DWORD first_media_type(HANDLE session, NTMS_GUID *type)
{
    NTMS_GUID medium;
    NTMS_OBJECTINFORMATION info = {.dwSize = sizeof info, .dwType = NTMS_PHYSICAL_MEDIA};
    DWORD count = 1;
    DWORD code = EnumerateNtmsObject(session, NULL, &medium, &count, NTMS_PHYSICAL_MEDIA, NTMS_ENUM_DEFAULT);
    if (code != ERROR_SUCCESS && code != ERROR_INSUFFICIENT_BUFFER)
        return code;
    if (count == 0)
        return ERROR_OBJECT_NOT_FOUND;
    code = GetNtmsObjectInformation(session, &medium, &info);
    *type = info.Info.PhysicalMedia.MediaType;
    return code;
}

/* A pool that draws on the free pool of its media type: it is read, altered and written back whole. */
static DWORD open_pool(HANDLE session, NTMS_GUID *pool)
{
    NTMS_GUID type;
    NTMS_OBJECTINFORMATION info = {.dwSize = sizeof info, .dwType = NTMS_MEDIA_POOL};
    DWORD code = first_media_type(session, &type);
    if (code == ERROR_SUCCESS)
        code = CreateNtmsMediaPool(session, "\\Example", &type, NTMS_OPEN_ALWAYS, NULL, pool);
    if (code == ERROR_SUCCESS)
        code = GetNtmsObjectInformation(session, pool, &info);
    if (code != ERROR_SUCCESS)
        return code;
    info.Info.MediaPool.AllocationPolicy |= NTMS_ALLOCATE_FROMSCRATCH;
    return SetNtmsObjectInformation(session, pool, &info);
}

static DWORD print_pool(HANDLE session, const char *what, NTMS_GUID pool)
{
    CHAR name[NTMS_POOLHIERARCHY_LENGTH];
    DWORD size = NTMS_POOLHIERARCHY_LENGTH;
    DWORD code = GetNtmsMediaPoolName(session, &pool, name, &size);
    if (code == ERROR_SUCCESS)
        printf("%s %s\n", what, name);
    return code;
}

static int mount_and_return(HANDLE session, NTMS_GUID medium)
{
    NTMS_GUID drive = {0};
    NTMS_OBJECTINFORMATION info = {.dwSize = sizeof info, .dwType = NTMS_DRIVE};
    DWORD code = MountNtmsMedia(session, &medium, &drive, 1, NTMS_MOUNT_WRITE, NTMS_PRIORITY_NORMAL, TIMEOUT_MS,
                                NULL);
    if (code != ERROR_SUCCESS)
        return failed("MountNtmsMedia", code);
    code = GetNtmsObjectInformation(session, &drive, &info);
    if (code != ERROR_SUCCESS)
        return failed("GetNtmsObjectInformation", code);
    printf("mounted in %s\n", info.szName);
    code = DismountNtmsMedia(session, &medium, 1, NTMS_DISMOUNT_IMMEDIATE);
    if (code != ERROR_SUCCESS)
        return failed("DismountNtmsMedia", code);
    return 0;
}

static int use_pool(HANDLE session)
{
    NTMS_GUID pool, medium;
    NTMS_ALLOCATION_INFORMATION from = {.dwSize = sizeof from};
    DWORD code = open_pool(session, &pool);
    if (code != ERROR_SUCCESS)
        return failed("opening the pool", code);
    code = AllocateNtmsMedia(session, &pool, NULL, &medium, NTMS_ALLOCATE_ERROR_IF_UNAVAILABLE, 0, &from);
    if (code != ERROR_SUCCESS)
        return failed("AllocateNtmsMedia", code);
    code = print_pool(session, "into", pool);
    if (code == ERROR_SUCCESS)
        code = print_pool(session, "from", from.AllocatedFrom);
    if (code != ERROR_SUCCESS)
        return failed("GetNtmsMediaPoolName", code);
    int ended = mount_and_return(session, medium);
    code = DeallocateNtmsMedia(session, &medium, 0);
    if (code != ERROR_SUCCESS)
        return failed("DeallocateNtmsMedia", code);
    printf("deallocated\n");
    return ended;
}

int main(void)
{
    HANDLE session = OpenNtmsSession(NULL, "allocate-example", 0);
    if (session == INVALID_HANDLE_VALUE)
        return failed("OpenNtmsSession", GetLastError());
    int ended = use_pool(session);
    DWORD code = CloseNtmsSession(session);
    if (code != ERROR_SUCCESS)
        return failed("CloseNtmsSession", code);
    return ended;
}
