/* Messages, questions and reports: what a host relies on. */
#include "check.h"

static const size_t MESSAGE_LEN = sizeof MESSAGE - 1;

/* The report on MESSAGE from this address, fed in chunks of this size; a copy, which the caller frees. */
static char *report_on(const char *ip, const char *json, size_t chunk, passerelle_authenticated *authenticated)
{
    passerelle_verification *verification = verification_from(ip);
    passerelle_transcript *transcript = transcript_of(json);
    passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_NO};
    char *copy = NULL;
    feed(verification, MESSAGE, MESSAGE_LEN, chunk);
    CHECK(!drain(verification, transcript, &report));
    CHECK_OK(passerelle_verification_end(verification));
    if (CHECK(drain(verification, transcript, &report)) && CHECK(report.json != NULL)) {
        copy = calloc(report.json_len + 1, 1);
        if (copy != NULL) {
            memcpy(copy, report.json, report.json_len);
        }
        *authenticated = report.authenticated;
    }
    CHECK(!drain(verification, transcript, &report)); /* There is one report. */
    passerelle_transcript_free(transcript);
    passerelle_verification_free(verification);
    return copy;
}

static void check_report(const char *ip, const char *json, passerelle_authenticated wanted, const char *part)
{
    passerelle_authenticated authenticated = PASSERELLE_AUTHENTICATED_NO;
    char *report = report_on(ip, json, MESSAGE_LEN, &authenticated);
    CHECK(authenticated == wanted);
    if (CHECK(report != NULL) && !CHECK(strstr(report, part) != NULL)) {
        fprintf(stderr, "wanted %s in %s\n", part, report);
    }
    CHECK(report != NULL && strchr(report, '\n') == NULL);
    free(report);
}

static void verdicts(void)
{
    const char down[] = "{\"default\": \"SERVFAIL\"}";
    check_report(GOOD_IP, TRANSCRIPT, PASSERELLE_AUTHENTICATED_YES, "mx.example.net");
    check_report(BAD_IP, TRANSCRIPT, PASSERELLE_AUTHENTICATED_NO, "\"disposition\":\"reject\"");
    check_report(GOOD_IP, down, PASSERELLE_AUTHENTICATED_TEMPORARILY, "temperror");
}

/* Each bound is met with a word of its own in the report. */
static void limits_have_an_effect(void)
{
    static const struct {
        uint32_t limit;
        uint64_t value;
        const char *word;
    } cases[] = {
        {PASSERELLE_LIMIT_HEADER_SIZE, 10, "more than 10 octets"},
        {PASSERELLE_LIMIT_HEADER_FIELDS, 0, "more than 0 fields"},
        {PASSERELLE_LIMIT_FIELDS_OF_A_KIND, 0, "more than 0 fields of one name"},
        {PASSERELLE_LIMIT_QUESTIONS, 0, "questions were not asked"},
        {PASSERELLE_LIMIT_TRAIL_STEPS, 1, "more steps were taken"},
        {PASSERELLE_LIMIT_REPORT_SIZE, 100, "more steps were taken"},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        passerelle_settings *settings = NULL;
        passerelle_envelope *envelope = NULL;
        passerelle_verification *verification = NULL;
        passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
        passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_NO};
        CHECK_OK(passerelle_settings_new(&settings));
        CHECK_OK(passerelle_settings_set_limit(settings, cases[n].limit, cases[n].value));
        CHECK_OK(passerelle_envelope_new(&envelope));
        CHECK_OK(passerelle_envelope_set_ip(envelope, (const uint8_t[]){192, 0, 2, 1}, 4));
        CHECK_OK(passerelle_verification_new(settings, envelope, 0, &verification));
        feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
        CHECK_OK(passerelle_verification_end(verification));
        CHECK(drain(verification, transcript, &report));
        CHECK(contains(report.json, report.json_len, cases[n].word));
        passerelle_verification_free(verification);
        passerelle_transcript_free(transcript);
        passerelle_envelope_free(envelope);
        passerelle_settings_free(settings);
    }
}

/* What is switched off is neither asked nor reported. */
static void settings_have_an_effect(void)
{
    passerelle_settings *settings = NULL;
    passerelle_envelope *envelope = NULL;
    passerelle_verification *verification = NULL;
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    CHECK_OK(passerelle_settings_new(&settings));
    CHECK_OK(passerelle_envelope_new(&envelope));
    CHECK_OK(passerelle_envelope_set_ip(envelope, (const uint8_t[]){192, 0, 2, 1}, 4));
    CHECK_OK(passerelle_envelope_set_helo(envelope, HELO, strlen(HELO)));
    CHECK_OK(passerelle_envelope_set_mail_from(envelope, MAIL_FROM, strlen(MAIL_FROM)));
    for (int on = 0; on <= 1; on++) {
        passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_NO};
        CHECK_OK(passerelle_settings_set_check_helo(settings, on != 0));
        CHECK_OK(passerelle_settings_set_check_iprev(settings, on != 0));
        CHECK_OK(passerelle_settings_set_dmarc(settings, on ? PASSERELLE_DMARC_MODE_BOTH : PASSERELLE_DMARC_MODE_RFC9989));
        CHECK_OK(passerelle_verification_new(settings, envelope, 0, &verification));
        feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
        CHECK_OK(passerelle_verification_end(verification));
        CHECK(drain(verification, transcript, &report));
        CHECK(contains(report.json, report.json_len, "\"spf_helo\":{") == (on != 0));
        CHECK(contains(report.json, report.json_len, "\"iprev\":{") == (on != 0));
        CHECK(contains(report.json, report.json_len, "\"dmarc_rfc7489\":{") == (on != 0));
        CHECK(report.authenticated == PASSERELLE_AUTHENTICATED_YES);
        passerelle_verification_free(verification);
    }
    passerelle_transcript_free(transcript);
    passerelle_envelope_free(envelope);
    passerelle_settings_free(settings);
}

static void any_split_gives_the_same_report(void)
{
    passerelle_authenticated authenticated = PASSERELLE_AUTHENTICATED_NO;
    char *whole = report_on(GOOD_IP, TRANSCRIPT, MESSAGE_LEN, &authenticated);
    for (size_t chunk = 1; chunk < 20; chunk++) {
        char *report = report_on(GOOD_IP, TRANSCRIPT, chunk, &authenticated);
        CHECK(whole != NULL && report != NULL && strcmp(report, whole) == 0);
        free(report);
    }
    free(whole);
}

static void questions_come_before_the_message_is_complete(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    passerelle_output output = {0};
    bool spf_asked = false;
    for (;;) {
        if (!CHECK_OK(passerelle_verification_poll(verification, &output)) ||
            output.tag != PASSERELLE_OUTPUT_TAG_ASK) {
            break;
        }
        CHECK(output.value.ask.kind == PASSERELLE_QUESTION_KIND_DNS);
        spf_asked = spf_asked || (output.value.ask.record_type == PASSERELLE_RECORD_TYPE_TXT &&
                                  equals(output.value.ask.name, output.value.ask.name_len, "example.com"));
    }
    CHECK(output.tag == PASSERELLE_OUTPUT_TAG_IDLE && !output.value.idle.has_wake);
    CHECK(spf_asked);
    passerelle_verification_free(verification);
}

static void no_answers_until_the_deadline(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    passerelle_answer *answer = NULL;
    passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_NO};
    passerelle_output first = {0};
    CHECK_OK(passerelle_verification_poll(verification, &first));
    CHECK(first.tag == PASSERELLE_OUTPUT_TAG_ASK);
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    CHECK_OK(passerelle_verification_end(verification));
    CHECK(!drain(verification, NULL, &report));
    CHECK_OK(passerelle_verification_deadline(verification));
    CHECK(drain(verification, NULL, &report));
    CHECK(report.authenticated == PASSERELLE_AUTHENTICATED_TEMPORARILY);
    CHECK(contains(report.json, report.json_len, "temperror"));
    /* An answer that comes late does no harm, and the report is still there. */
    CHECK_OK(passerelle_answer_new(PASSERELLE_DNS_STATUS_NXDOMAIN, 0, false, &answer));
    CHECK_OK(passerelle_verification_answer(verification, first.value.ask.id, answer));
    passerelle_answer_free(answer);
    CHECK(!drain(verification, NULL, &report));
    CHECK(contains(report.json, report.json_len, "temperror"));
    passerelle_verification_free(verification);
}

/* Every question declined is the same as the deadline. */
static void declined(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    passerelle_output output = {0};
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    CHECK_OK(passerelle_verification_end(verification));
    do {
        if (!CHECK_OK(passerelle_verification_poll(verification, &output))) {
            break;
        }
        if (output.tag == PASSERELLE_OUTPUT_TAG_ASK) {
            CHECK_OK(passerelle_verification_decline(verification, output.value.ask.id));
        }
    } while (output.tag == PASSERELLE_OUTPUT_TAG_ASK);
    if (CHECK(output.tag == PASSERELLE_OUTPUT_TAG_REPORT)) {
        CHECK(output.value.report.authenticated == PASSERELLE_AUTHENTICATED_TEMPORARILY);
    }
    passerelle_verification_free(verification);
}

/* Outputs that are not taken wait: a host may feed everything first and poll afterwards. */
static void notes_are_in_the_report(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_NO};
    CHECK_OK(passerelle_verification_note(verification, "queue", 5, "held", 4, "it was \"late\"", 13, "RFC 5321", 8));
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    CHECK_OK(passerelle_verification_end(verification));
    CHECK(drain(verification, transcript, &report));
    CHECK(contains(report.json, report.json_len,
                   "{\"step\":\"queue\",\"outcome\":\"held\",\"why\":\"it was \\\"late\\\"\",\"rfc\":\"RFC 5321\"}"));
    passerelle_transcript_free(transcript);
    passerelle_verification_free(verification);
}

static void an_empty_message(void)
{
    passerelle_verification *verification = verification_from(GOOD_IP);
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_YES};
    CHECK_OK(passerelle_verification_end(verification));
    CHECK(drain(verification, transcript, &report));
    CHECK(report.authenticated != PASSERELLE_AUTHENTICATED_YES);
    passerelle_transcript_free(transcript);
    passerelle_verification_free(verification);
}

/* No input is too large for a call, whatever the report says about it. */
static void huge_inputs(void)
{
    const size_t huge_len = (size_t)1 << 20;
    char *huge = malloc(huge_len);
    passerelle_settings *settings = NULL;
    passerelle_envelope *envelope = NULL;
    passerelle_verification *verification = NULL;
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_YES};
    if (!CHECK(huge != NULL)) {
        return;
    }
    memset(huge, 'a', huge_len);
    CHECK_OK(passerelle_settings_new(&settings));
    CHECK_OK(passerelle_envelope_new(&envelope));
    CHECK_OK(passerelle_envelope_set_ip_text(envelope, GOOD_IP, strlen(GOOD_IP)));
    CHECK_OK(passerelle_envelope_set_helo(envelope, huge, huge_len));
    CHECK_OK(passerelle_envelope_set_mail_from(envelope, huge, huge_len));
    CHECK_OK(passerelle_verification_new(settings, envelope, 0, &verification));
    CHECK_OK(passerelle_verification_octets(verification, (const uint8_t *)huge, huge_len)); /* One line of header. */
    CHECK_OK(passerelle_verification_octets(verification, (const uint8_t *)"\r\n\r\n", 4));
    CHECK_OK(passerelle_verification_octets(verification, (const uint8_t *)huge, huge_len));
    CHECK_OK(passerelle_verification_end(verification));
    CHECK(drain(verification, transcript, &report));
    CHECK(report.authenticated != PASSERELLE_AUTHENTICATED_YES);
    passerelle_verification_free(verification);
    passerelle_transcript_free(transcript);
    passerelle_envelope_free(envelope);
    passerelle_settings_free(settings);
    free(huge);
}

static void freed_at_any_moment(void)
{
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    for (size_t len = 0; len <= MESSAGE_LEN; len += 16) {
        passerelle_verification *verification = verification_from(GOOD_IP);
        passerelle_report report;
        feed(verification, MESSAGE, len, 16);
        drain(verification, transcript, &report);
        passerelle_verification_free(verification);
    }
    passerelle_transcript_free(transcript);
}

int main(void)
{
    verdicts();
    settings_have_an_effect();
    limits_have_an_effect();
    any_split_gives_the_same_report();
    questions_come_before_the_message_is_complete();
    no_answers_until_the_deadline();
    declined();
    notes_are_in_the_report();
    an_empty_message();
    huge_inputs();
    freed_at_any_moment();
    return checks_finish();
}
