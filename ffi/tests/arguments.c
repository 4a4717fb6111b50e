/* Arguments that make no sense: each is refused with a status of its own, and nothing is written or changed. */
#include "check.h"

static const char NOT_UTF8[] = "caf\xe9";

static void constant_texts(void)
{
    CHECK(strlen(passerelle_version()) >= strlen("0.0.0"));
    CHECK(strcmp(passerelle_status_text(PASSERELLE_STATUS_OK), "done") == 0);
    CHECK(strlen(passerelle_status_text(UINT32_MAX)) > 0);
    CHECK(strcmp(passerelle_status_text(UINT32_MAX), passerelle_status_text(PASSERELLE_STATUS_PANIC)) != 0);
}

static void freeing_null_is_fine(void)
{
    passerelle_settings_free(NULL);
    passerelle_envelope_free(NULL);
    passerelle_verification_free(NULL);
    passerelle_answer_free(NULL);
    passerelle_transcript_free(NULL);
    CHECK(true);
}

static void no_place_for_the_new_handle(void)
{
    CHECK_STATUS(passerelle_settings_new(NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_envelope_new(NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_transcript_new(NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_answer_new(0, 0, false, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_answer_new_sts_policy("", 0, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_answer_new_sts_failure(PASSERELLE_STS_ERROR_FETCH, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_answer_new_message(NULL, NULL, 0, NULL), PASSERELLE_STATUS_NULL_POINTER);
}

static void no_handle(void)
{
    const passerelle_status null = PASSERELLE_STATUS_NULL_POINTER;
    const uint8_t octet = 'x';
    const char *text = "untouched";
    size_t text_len = 9;
    passerelle_question question = {0, PASSERELLE_QUESTION_KIND_DNS, "a", 1, PASSERELLE_RECORD_TYPE_A};
    passerelle_answer *answer = NULL;
    passerelle_output output = {0};

    CHECK_STATUS(passerelle_settings_set_authserv_id(NULL, "a", 1), null);
    CHECK_STATUS(passerelle_settings_trust_authserv_id(NULL, "a", 1), null);
    CHECK_STATUS(passerelle_settings_set_accept_body_length(NULL, true), null);
    CHECK_STATUS(passerelle_settings_set_rsa_bits(NULL, 2048, 4096), null);
    CHECK_STATUS(passerelle_settings_set_dmarc(NULL, PASSERELLE_DMARC_MODE_BOTH), null);
    CHECK_STATUS(passerelle_settings_set_clock_skew(NULL, 0), null);
    CHECK_STATUS(passerelle_settings_set_limit(NULL, PASSERELLE_LIMIT_HEADER_SIZE, 0), null);
    CHECK_STATUS(passerelle_settings_set_check_helo(NULL, true), null);
    CHECK_STATUS(passerelle_settings_set_check_iprev(NULL, true), null);
    CHECK_STATUS(passerelle_settings_error(NULL, &text, &text_len), null);
    CHECK_STATUS(passerelle_envelope_set_ip(NULL, &octet, 1), null);
    CHECK_STATUS(passerelle_envelope_set_ip_text(NULL, "::1", 3), null);
    CHECK_STATUS(passerelle_envelope_set_helo(NULL, "a", 1), null);
    CHECK_STATUS(passerelle_envelope_set_mail_from(NULL, "a", 1), null);
    CHECK_STATUS(passerelle_envelope_error(NULL, &text, &text_len), null);
    CHECK_STATUS(passerelle_verification_note(NULL, "", 0, "", 0, "", 0, "", 0), null);
    CHECK_STATUS(passerelle_verification_octets(NULL, &octet, 1), null);
    CHECK_STATUS(passerelle_verification_end(NULL), null);
    CHECK_STATUS(passerelle_verification_answer(NULL, 0, NULL), null);
    CHECK_STATUS(passerelle_verification_answer_message(NULL, 0, &octet, 1), null);
    CHECK_STATUS(passerelle_verification_decline(NULL, 0), null);
    CHECK_STATUS(passerelle_verification_deadline(NULL), null);
    CHECK_STATUS(passerelle_verification_poll(NULL, &output), null);
    CHECK_STATUS(passerelle_verification_error(NULL, &text, &text_len), null);
    CHECK_STATUS(passerelle_answer_add(NULL, PASSERELLE_RECORD_TYPE_TXT, "a", 1), null);
    CHECK_STATUS(passerelle_answer_add_rdata(NULL, PASSERELLE_RECORD_TYPE_TXT, &octet, 1), null);
    CHECK_STATUS(passerelle_answer_add_txt(NULL, &octet, 1), null);
    CHECK_STATUS(passerelle_answer_add_alias(NULL, "a", 1, false), null);
    CHECK_STATUS(passerelle_answer_error(NULL, &text, &text_len), null);
    CHECK_STATUS(passerelle_transcript_parse(NULL, &octet, 1), null);
    CHECK_STATUS(passerelle_transcript_answer(NULL, &question, &answer), null);
    CHECK_STATUS(passerelle_transcript_record(NULL, &question, NULL), null);
    CHECK_STATUS(passerelle_transcript_to_json(NULL, &text, &text_len), null);
    CHECK_STATUS(passerelle_transcript_error(NULL, &text, &text_len), null);
    CHECK(equals(text, text_len, "untouched") && answer == NULL && output.tag == PASSERELLE_OUTPUT_TAG_IDLE);
}

static void settings(void)
{
    passerelle_settings *settings = NULL;
    const char *text = NULL;
    size_t text_len = 0;
    CHECK_OK(passerelle_settings_new(&settings));
    CHECK_OK(passerelle_settings_error(settings, &text, &text_len));
    CHECK(text_len == 0);
    CHECK_STATUS(passerelle_settings_set_authserv_id(settings, "", 0), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_settings_set_authserv_id(settings, NULL, 0), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_settings_set_authserv_id(settings, NULL, 5), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_settings_set_authserv_id(settings, NOT_UTF8, strlen(NOT_UTF8)), PASSERELLE_STATUS_UTF8);
    CHECK_OK(passerelle_settings_error(settings, &text, &text_len));
    CHECK(contains(text, text_len, "authserv-id"));
    CHECK_STATUS(passerelle_settings_trust_authserv_id(settings, "", 0), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_settings_set_rsa_bits(settings, 512, 4096), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_settings_set_rsa_bits(settings, 2048, UINT32_MAX), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_settings_set_rsa_bits(settings, 4096, 2048), PASSERELLE_STATUS_ARGUMENT);
    CHECK_OK(passerelle_settings_set_rsa_bits(settings, 2048, 2048));
    for (uint32_t limit = PASSERELLE_LIMIT_HEADER_SIZE; limit <= PASSERELLE_LIMIT_REPORT_SIZE; limit++) {
        CHECK_OK(passerelle_settings_set_limit(settings, limit, UINT64_MAX));
        CHECK_OK(passerelle_settings_set_limit(settings, limit, 0));
    }
    CHECK_STATUS(passerelle_settings_set_limit(settings, 0, 1), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_settings_set_limit(settings, PASSERELLE_LIMIT_REPORT_SIZE + 1, 1), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_settings_set_dmarc(settings, PASSERELLE_DMARC_MODE_BOTH + 1), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_settings_set_dmarc(settings, UINT32_MAX), PASSERELLE_STATUS_ARGUMENT);
    CHECK_OK(passerelle_settings_set_dmarc(settings, PASSERELLE_DMARC_MODE_RFC9989));
    CHECK_OK(passerelle_settings_set_dmarc(settings, PASSERELLE_DMARC_MODE_RFC7489));
    CHECK_OK(passerelle_settings_set_dmarc(settings, PASSERELLE_DMARC_MODE_BOTH));
    CHECK_OK(passerelle_settings_set_clock_skew(settings, UINT64_MAX));
    CHECK_OK(passerelle_settings_set_accept_body_length(settings, true));
    CHECK_OK(passerelle_settings_error(settings, &text, &text_len));
    CHECK(text_len == 0);
    CHECK_STATUS(passerelle_settings_error(settings, NULL, &text_len), PASSERELLE_STATUS_NULL_POINTER);
    text = "untouched";
    CHECK_STATUS(passerelle_settings_error(settings, &text, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK(strcmp(text, "untouched") == 0);
    passerelle_settings_free(settings);
}

static void envelope(void)
{
    passerelle_envelope *envelope = NULL;
    const uint8_t address[17] = {0};
    const char *text = NULL;
    size_t text_len = 0;
    CHECK_OK(passerelle_envelope_new(&envelope));
    for (size_t len = 0; len <= sizeof address; len++) {
        CHECK_STATUS(passerelle_envelope_set_ip(envelope, address, len),
                     len == 4 || len == 16 ? PASSERELLE_STATUS_OK : PASSERELLE_STATUS_ARGUMENT);
    }
    CHECK_STATUS(passerelle_envelope_set_ip(envelope, NULL, 4), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_OK(passerelle_envelope_set_ip_text(envelope, "2001:db8::1", strlen("2001:db8::1")));
    CHECK_STATUS(passerelle_envelope_set_ip_text(envelope, "192.0.2.1 ", 10), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_envelope_set_ip_text(envelope, "", 0), PASSERELLE_STATUS_ARGUMENT);
    CHECK_STATUS(passerelle_envelope_set_helo(envelope, NOT_UTF8, strlen(NOT_UTF8)), PASSERELLE_STATUS_UTF8);
    CHECK_OK(passerelle_envelope_error(envelope, &text, &text_len));
    CHECK(contains(text, text_len, "HELO"));
    CHECK_OK(passerelle_envelope_set_helo(envelope, "a\0b", 3));
    CHECK_STATUS(passerelle_envelope_set_mail_from(envelope, NOT_UTF8, strlen(NOT_UTF8)), PASSERELLE_STATUS_UTF8);
    CHECK_OK(passerelle_envelope_set_mail_from(envelope, NULL, 0));
    CHECK_STATUS(passerelle_envelope_set_mail_from(envelope, "a", SIZE_MAX), PASSERELLE_STATUS_ARGUMENT);
    passerelle_envelope_free(envelope);
}

static void verification(void)
{
    passerelle_settings *settings = NULL;
    passerelle_envelope *envelope = NULL;
    passerelle_verification *verification = NULL;
    const char *text = NULL;
    size_t text_len = 0;
    CHECK_OK(passerelle_settings_new(&settings));
    CHECK_OK(passerelle_envelope_new(&envelope));
    CHECK_STATUS(passerelle_verification_new(NULL, envelope, 0, &verification), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_verification_new(settings, NULL, 0, &verification), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_verification_new(settings, envelope, 0, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK(verification == NULL);
    CHECK_OK(passerelle_verification_new(settings, envelope, UINT64_MAX, &verification));
    CHECK_STATUS(passerelle_verification_octets(verification, NULL, 1), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_verification_octets(verification, (const uint8_t *)"", SIZE_MAX),
                 PASSERELLE_STATUS_ARGUMENT);
    CHECK_OK(passerelle_verification_octets(verification, NULL, 0));
    CHECK_STATUS(passerelle_verification_poll(verification, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_verification_answer(verification, 0, NULL), PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_verification_note(verification, "a", 1, NULL, 1, "", 0, "", 0),
                 PASSERELLE_STATUS_NULL_POINTER);
    CHECK_STATUS(passerelle_verification_note(verification, "a", 1, "b", 1, NOT_UTF8, strlen(NOT_UTF8), "", 0),
                 PASSERELLE_STATUS_UTF8);
    CHECK_OK(passerelle_verification_error(verification, &text, &text_len));
    CHECK(text_len > 0);
    passerelle_verification_free(verification);
    passerelle_settings_free(settings);
    passerelle_envelope_free(envelope);
}

int main(void)
{
    constant_texts();
    freeing_null_is_fine();
    no_place_for_the_new_handle();
    no_handle();
    settings();
    envelope();
    verification();
    return checks_finish();
}
