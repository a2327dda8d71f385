/*
 * The A and the W form of one call, and what a mount ignores; the test compares what reached the service.
 */
#include <stdio.h>
#include <string.h>

#include "ntmsapi.h"

static void mount_with(HANDLE session, NTMS_MOUNT_INFORMATION *information)
{
    NTMS_GUID medium = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    NTMS_GUID drive = {0};
    printf("mount: %u\n", (unsigned)MountNtmsMedia(session, &medium, &drive, 1, NTMS_MOUNT_READ, 0, 1000, information));
    printf("drive: %08x\n", (unsigned)drive.Data1);
}

int main(void)
{
    static const WCHAR wide_name[] = {'f', 'o', 'r', 'm', 's', 0xe9, 0};
    NTMS_MOUNT_INFORMATION junk;
    memset(&junk, 0x5a, sizeof junk);
    HANDLE narrow = OpenNtmsSessionA(NULL, "forms\xc3\xa9", 0);
    printf("narrow: %u\n", (unsigned)GetLastError());
    HANDLE wide = OpenNtmsSessionW(NULL, wide_name, 0);
    printf("wide: %u\n", (unsigned)GetLastError());
    HANDLE nameless = OpenNtmsSessionA(NULL, NULL, 0);
    printf("nameless: %u\n", (unsigned)GetLastError());
    printf("close: %u\n", (unsigned)CloseNtmsSession(nameless));
    mount_with(narrow, NULL);
    mount_with(wide, &junk);
    printf("close: %u\n", (unsigned)CloseNtmsSession(narrow));
    printf("close: %u\n", (unsigned)CloseNtmsSession(wide));
    return 0;
}
