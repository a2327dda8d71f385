/*
 * Operator requests at the C border: both text forms, NULLs, and what is written where on success and on failure.
 */
#include <stdio.h>
#include <string.h>

#include "ntmsapi.h"

static HANDLE session;
static NTMS_GUID object = {0x0c0c0c0c, 0x1122, 0x3344, {0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc}};
static NTMS_GUID request = {0x0a0a0a0a, 0, 0, {0, 0, 0, 0, 0, 0, 0, 1}};

static void say(const char *what, DWORD code)
{
    printf("%s: %u\n", what, (unsigned)code);
}

static void submit(void)
{
    static const WCHAR wide[] = {'s', 0xfc, 0xdf, 0};
    NTMS_GUID made;
    memset(&made, 0, sizeof made);
    say("submitted", SubmitNtmsOperatorRequestA(session, NTMS_OPREQ_MOVEMEDIA, "s\xc3\xbc\xc3\x9f", &object, &request, &made));
    say("its id", made.Data1);
    memset(&made, 0, sizeof made);
    say("in wide characters", SubmitNtmsOperatorRequestW(session, NTMS_OPREQ_MESSAGE, wide, NULL, NULL, &made));
    say("its id", made.Data1);
    made.Data1 = 7;
    say("no kind", SubmitNtmsOperatorRequestA(session, NTMS_OPREQ_UNKNOWN, NULL, NULL, NULL, &made));
    say("id untouched", made.Data1);
    say("no place for the id", SubmitNtmsOperatorRequestA(session, NTMS_OPREQ_MESSAGE, "lost", NULL, NULL, NULL));
    say("bad handle", SubmitNtmsOperatorRequestA(NULL, NTMS_OPREQ_MESSAGE, "lost", NULL, NULL, NULL));
}

static void answer(void)
{
    say("waited", WaitForNtmsOperatorRequest(session, &request, 5000));
    say("refused meanwhile", WaitForNtmsOperatorRequest(session, &object, INFINITE));
    say("wait for nothing", WaitForNtmsOperatorRequest(session, NULL, 0));
    say("satisfied", SatisfyNtmsOperatorRequest(session, &request));
    say("satisfied nothing", SatisfyNtmsOperatorRequest(session, NULL));
    say("cancelled", CancelNtmsOperatorRequest(session, &request));
    say("cancelled nothing", CancelNtmsOperatorRequest(session, NULL));
    say("bad handle", WaitForNtmsOperatorRequest(INVALID_HANDLE_VALUE, &request, 0));
    say("bad handle", SatisfyNtmsOperatorRequest(NULL, &request));
    say("bad handle", CancelNtmsOperatorRequest((HANDLE)&request, &request));
}

int main(void)
{
    session = OpenNtmsSessionA(NULL, "operators", 0);
    submit();
    answer();
    say("close", CloseNtmsSession(session));
    return 0;
}
