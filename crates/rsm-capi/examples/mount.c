/*
 * Mounts the first medium that has a side, prints the drive, and gives the medium back.
 *
 * Build: cc -Iinclude examples/mount.c -L<directory of the library> -lntmsapi -o mount
 * Run:   RSM_SOCKET=/run/rsm/rsm.sock ./mount
 *
 * Ends with 0, or with 1 after printing which function failed with which code.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ntmsapi.h"

#define MOUNT_TIMEOUT_MS 600000u

static void print_id(const char *what, const NTMS_GUID *id)
{
    printf("%s %08" PRIx32 "-%04" PRIx16 "-%04" PRIx16 "-%02x%02x-", what, id->Data1, id->Data2, id->Data3,
           id->Data4[0], id->Data4[1]);
    for (int i = 2; i < 8; i++)
        printf("%02x", id->Data4[i]);
    printf("\n");
}

/*
 * Lists the objects of a type. Objects can appear between two calls, so a size that was enough a moment ago may
 * be too small again: ask until the list fits.
 */
static DWORD list_objects(HANDLE session, LPNTMS_GUID container, DWORD type, NTMS_GUID **ids, DWORD *count)
{
    DWORD capacity = 0;
    *ids = NULL;
    for (;;) {
        *count = capacity;
        DWORD code = EnumerateNtmsObject(session, container, *ids, count, type, NTMS_ENUM_DEFAULT);
        if (code != ERROR_INSUFFICIENT_BUFFER)
            return code;
        capacity = *count;
        free(*ids);
        *ids = calloc(capacity, sizeof **ids);
        if (*ids == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
    }
}

static int failed(const char *function, DWORD code)
{
    fprintf(stderr, "%s failed with code %" PRIu32 "\n", function, code);
    return 1;
}

static int mount_side(HANDLE session, NTMS_GUID side)
{
    NTMS_GUID drive = {0};
    print_id("side ", &side);
    DWORD code = MountNtmsMedia(session, &side, &drive, 1, NTMS_MOUNT_READ, NTMS_PRIORITY_NORMAL,
                                MOUNT_TIMEOUT_MS, NULL);
    if (code != ERROR_SUCCESS)
        return failed("MountNtmsMedia", code);
    print_id("drive", &drive);
    code = DismountNtmsMedia(session, &side, 1, NTMS_DISMOUNT_IMMEDIATE);
    if (code != ERROR_SUCCESS)
        return failed("DismountNtmsMedia", code);
    printf("dismount queued\n");
    return 0;
}

static int mount_first(HANDLE session)
{
    NTMS_GUID *media, *sides;
    DWORD media_count, side_count;
    int ended = -1;
    DWORD code = list_objects(session, NULL, NTMS_PHYSICAL_MEDIA, &media, &media_count);
    if (code != ERROR_SUCCESS)
        return failed("EnumerateNtmsObject", code);
    printf("%" PRIu32 " media\n", media_count);
    for (DWORD i = 0; i < media_count && ended < 0; i++) {
        code = list_objects(session, &media[i], NTMS_PARTITION, &sides, &side_count);
        if (code != ERROR_SUCCESS) {
            ended = failed("EnumerateNtmsObject", code);
        } else if (side_count > 0) {
            print_id("media", &media[i]);
            ended = mount_side(session, sides[0]);
        }
        free(sides);
    }
    free(media);
    if (ended < 0) {
        fprintf(stderr, "there is no medium that could be mounted\n");
        ended = 1;
    }
    return ended;
}

int main(void)
{
    HANDLE session = OpenNtmsSessionA(NULL, "mount-example", 0);
    if (session == INVALID_HANDLE_VALUE)
        return failed("OpenNtmsSession", GetLastError());
    int ended = mount_first(session);
    DWORD code = CloseNtmsSession(session);
    if (code != ERROR_SUCCESS)
        return failed("CloseNtmsSession", code);
    return ended;
}
