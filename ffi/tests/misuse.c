/* A host that breaks the contract is told so, and the verification goes on as if the call had not been made. */
#include "check.h"

static const size_t MESSAGE_LEN = sizeof MESSAGE - 1;

static bool error_contains(const passerelle_verification *verification, const char *wanted)
{
    const char *text = NULL;
    size_t text_len = 0;
    CHECK_OK(passerelle_verification_error(verification, &text, &text_len));
    return contains(text, text_len, wanted);
}

/* The report is the one of a host that makes no mistakes. */
static void check_goes_on(passerelle_verification *verification)
{
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_NO};
    CHECK(drain(verification, transcript, &report));
    CHECK(report.authenticated == PASSERELLE_AUTHENTICATED_YES);
    passerelle_transcript_free(transcript);
    passerelle_verification_free(verification);
}

static void answers_to_questions_never_asked(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    passerelle_answer *answer = NULL;
    const char *text = NULL;
    size_t text_len = 0;
    CHECK_OK(passerelle_answer_new(PASSERELLE_DNS_STATUS_NXDOMAIN, 0, false, &answer));
    CHECK_STATUS(passerelle_verification_answer(verification, UINT32_MAX, answer), PASSERELLE_STATUS_UNKNOWN_QUESTION);
    CHECK(error_contains(verification, "4294967295"));
    CHECK_STATUS(passerelle_verification_decline(verification, 4000), PASSERELLE_STATUS_UNKNOWN_QUESTION);
    passerelle_answer_free(answer);
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    CHECK_OK(passerelle_verification_end(verification));
    CHECK_OK(passerelle_verification_error(verification, &text, &text_len));
    CHECK(text_len == 0); /* The last call went well. */
    check_goes_on(verification);
}

static void a_second_answer(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_answer *answer = NULL;
    passerelle_output output = {0};
    CHECK_OK(passerelle_verification_poll(verification, &output));
    if (CHECK(output.tag == PASSERELLE_OUTPUT_TAG_ASK)) {
        uint32_t id = output.value.ask.id;
        CHECK_OK(passerelle_transcript_answer(transcript, &output.value.ask, &answer));
        CHECK_OK(passerelle_verification_answer(verification, id, answer));
        CHECK_STATUS(passerelle_verification_answer(verification, id, answer), PASSERELLE_STATUS_ALREADY_ANSWERED);
        CHECK_STATUS(passerelle_verification_decline(verification, id), PASSERELLE_STATUS_ALREADY_ANSWERED);
        passerelle_answer_free(answer);
    }
    passerelle_transcript_free(transcript);
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    CHECK_OK(passerelle_verification_end(verification));
    check_goes_on(verification);
}

static void an_answer_of_another_kind(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_answer *policy = NULL;
    passerelle_answer *answer = NULL;
    passerelle_output output = {0};
    CHECK_OK(passerelle_answer_new_sts_policy("", 0, &policy));
    CHECK_OK(passerelle_verification_poll(verification, &output));
    if (CHECK(output.tag == PASSERELLE_OUTPUT_TAG_ASK)) {
        CHECK_STATUS(passerelle_verification_answer(verification, output.value.ask.id, policy),
                     PASSERELLE_STATUS_WRONG_KIND);
        CHECK_OK(passerelle_transcript_answer(transcript, &output.value.ask, &answer));
        CHECK_OK(passerelle_verification_answer(verification, output.value.ask.id, answer));
        passerelle_answer_free(answer);
    }
    passerelle_answer_free(policy);
    passerelle_transcript_free(transcript);
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    CHECK_OK(passerelle_verification_end(verification));
    check_goes_on(verification);
}

static void input_after_the_end(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    CHECK_OK(passerelle_verification_end(verification));
    CHECK_STATUS(passerelle_verification_octets(verification, (const uint8_t *)"x", 1), PASSERELLE_STATUS_AFTER_END);
    CHECK(error_contains(verification, "after the end"));
    CHECK_STATUS(passerelle_verification_end(verification), PASSERELLE_STATUS_AFTER_END);
    check_goes_on(verification);
}

int main(void)
{
    answers_to_questions_never_asked();
    a_second_answer();
    an_answer_of_another_kind();
    input_after_the_end();
    return checks_finish();
}
