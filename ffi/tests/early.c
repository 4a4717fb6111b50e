/* What is certain before the report, and an envelope that is read out of the message. */
#include "check.h"

static const size_t MESSAGE_LEN = sizeof MESSAGE - 1;

/* The tags of the outputs until idle, a letter each, with every question answered but those for a name with "arpa". */
static const char *tags(passerelle_verification *verification, const passerelle_transcript *transcript, char *out)
{
    static const char letters[] = ".?RtshihS";
    passerelle_output output = {0};
    size_t count = 0;
    while (CHECK_OK(passerelle_verification_poll(verification, &output)) && output.tag != PASSERELLE_OUTPUT_TAG_IDLE) {
        if (output.tag == PASSERELLE_OUTPUT_TAG_ASK) {
            passerelle_answer *answer = NULL;
            CHECK_OK(passerelle_transcript_answer(transcript, &output.value.ask, &answer));
            CHECK_OK(passerelle_verification_answer(verification, output.value.ask.id, answer));
            passerelle_answer_free(answer);
            continue;
        }
        if (output.tag != PASSERELLE_OUTPUT_TAG_REPORT) {
            const passerelle_finding *finding = &output.value.finding;
            CHECK(finding->json_len > 0 && finding->json[0] == '{');
            if (output.tag == PASSERELLE_OUTPUT_TAG_SPF) {
                CHECK(equals(finding->result, finding->result_len, "pass"));
                CHECK(contains(finding->json, finding->json_len, "\"domain\":\"example.com\""));
            }
            if (output.tag == PASSERELLE_OUTPUT_TAG_HEADER) {
                CHECK(finding->result_len == 0);
                CHECK(contains(finding->json, finding->json_len, "\"author\":\"example.com\""));
            }
            if (output.tag == PASSERELLE_OUTPUT_TAG_SIGNATURE) {
                CHECK(finding->index == 0 && equals(finding->result, finding->result_len, "permerror"));
            }
        }
        CHECK(output.tag < sizeof letters - 1);
        out[count++] = letters[output.tag];
    }
    out[count] = '\0';
    return out;
}

static void spf_comes_before_the_message(void)
{
    const char signature[] = "DKIM-Signature: v=1; a=rsa-sha256\r\n";
    char out[32];
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_verification *verification = verification_from(GOOD_IP);
    CHECK_OK(passerelle_verification_report_early(verification));
    tags(verification, transcript, out);
    CHECK(strlen(out) == 3 && strchr(out, 's') != NULL && strchr(out, 'h') != NULL && strchr(out, 'i') != NULL);
    feed(verification, signature, sizeof signature - 1, 7);
    CHECK(strcmp(tags(verification, transcript, out), "") == 0);
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    tags(verification, transcript, out);
    CHECK(strcmp(out, "hS") == 0); /* A signature that is not valid needs neither key nor body. */
    CHECK_OK(passerelle_verification_end(verification));
    CHECK(strcmp(tags(verification, transcript, out), "R") == 0);
    CHECK(strcmp(tags(verification, transcript, out), "") == 0);
    passerelle_verification_free(verification);
    passerelle_transcript_free(transcript);
}

static void nothing_comes_early_unless_asked_for(void)
{
    char out[32];
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_verification *verification = verification_from(GOOD_IP);
    CHECK(strcmp(tags(verification, transcript, out), "") == 0);
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    CHECK_OK(passerelle_verification_end(verification));
    CHECK(strcmp(tags(verification, transcript, out), "R") == 0);
    passerelle_verification_free(verification);
    passerelle_transcript_free(transcript);
}

static void what_a_trusted_server_said_is_shown_beside_the_results(void)
{
    const char said[] = "Authentication-Results: mx.example.net; spf=fail smtp.mailfrom=alice@example.com\r\n";
    for (int trusted = 0; trusted < 2; trusted++) {
        passerelle_settings *settings = NULL;
        passerelle_envelope *envelope = NULL;
        passerelle_verification *verification = NULL;
        passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
        passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_NO};
        CHECK_OK(passerelle_settings_new(&settings));
        CHECK_OK(passerelle_settings_trust_authserv_id(settings, "other.example", 13));
        if (trusted) {
            CHECK_OK(passerelle_settings_trust_authserv_id(settings, "mx.example.net", 14));
        }
        CHECK_OK(passerelle_envelope_new(&envelope));
        CHECK_OK(passerelle_verification_new(settings, envelope, 0, &verification));
        feed(verification, said, sizeof said - 1, 9);
        feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
        CHECK_OK(passerelle_verification_end(verification));
        CHECK(drain(verification, transcript, &report));
        CHECK(contains(report.json, report.json_len, "\"provider_results\":{\"authserv_id\":\"mx.example.net\"") == trusted);
        passerelle_verification_free(verification);
        passerelle_transcript_free(transcript);
        passerelle_envelope_free(envelope);
        passerelle_settings_free(settings);
    }
}

static const char TRACE[] = "Return-Path: <alice@example.com>\r\n"
                            "Received: from localhost (localhost [127.0.0.1]) by mx.example.net\r\n"
                            "Received: from relay.example.net (relay [203.0.113.5]) by mx.example.net\r\n"
                            "Received: from mail.example.com (mail.example.com [192.0.2.1]) by relay.example.net\r\n";

static passerelle_authenticated judged(uint32_t vouched, uint32_t field, const char *relays, const char *part)
{
    passerelle_settings *settings = NULL;
    passerelle_envelope *envelope = NULL;
    passerelle_verification *verification = NULL;
    passerelle_transcript *transcript = transcript_of(TRANSCRIPT);
    passerelle_report report = {NULL, 0, PASSERELLE_AUTHENTICATED_NO};
    CHECK_OK(passerelle_settings_new(&settings));
    CHECK_OK(passerelle_settings_set_trail(settings, false));
    CHECK_OK(passerelle_envelope_new(&envelope));
    CHECK_OK(passerelle_envelope_from_message(envelope, (const uint8_t *)TRACE, sizeof TRACE - 1, vouched, field, relays,
                                              strlen(relays)));
    CHECK_OK(passerelle_verification_new(settings, envelope, 0, &verification));
    feed(verification, TRACE, sizeof TRACE - 1, 5);
    feed(verification, MESSAGE, MESSAGE_LEN, MESSAGE_LEN);
    CHECK_OK(passerelle_verification_end(verification));
    CHECK(drain(verification, transcript, &report));
    if (!CHECK(contains(report.json, report.json_len, part))) {
        fprintf(stderr, "wanted %s in %.*s\n", part, (int)report.json_len, report.json);
    }
    CHECK(!contains(report.json, report.json_len, "\"trail\":"));
    passerelle_verification_free(verification);
    passerelle_transcript_free(transcript);
    passerelle_envelope_free(envelope);
    passerelle_settings_free(settings);
    return report.authenticated;
}

static void what_a_message_says_of_its_envelope_counts_where_the_host_vouches_for_it(void)
{
    const char relays[] = "198.51.100.0/24, 203.0.113.5";
    CHECK(judged(PASSERELLE_VOUCHED_NONE, 0, relays, "\"derived\":true") == PASSERELLE_AUTHENTICATED_UNDECIDED);
    CHECK(judged(PASSERELLE_VOUCHED_NONE, 0, relays, "\"cause\":\"derived-envelope\"") ==
          PASSERELLE_AUTHENTICATED_UNDECIDED);
    CHECK(judged(PASSERELLE_VOUCHED_NONE, 0, "", "\"received_field\":2") == PASSERELLE_AUTHENTICATED_NO);
    CHECK(judged(PASSERELLE_VOUCHED_TOPMOST, 0, relays, "\"trusted\":true") == PASSERELLE_AUTHENTICATED_YES);
    CHECK(judged(PASSERELLE_VOUCHED_FIELD, 3, "", "\"received_field\":3") == PASSERELLE_AUTHENTICATED_YES);
}

static void what_is_no_field_and_no_network_is_refused(void)
{
    passerelle_envelope *envelope = NULL;
    const uint8_t *trace = (const uint8_t *)TRACE;
    CHECK_OK(passerelle_envelope_new(&envelope));
    CHECK(passerelle_envelope_from_message(envelope, trace, sizeof TRACE - 1, 3, 0, NULL, 0) ==
          PASSERELLE_STATUS_ARGUMENT);
    CHECK(passerelle_envelope_from_message(envelope, trace, sizeof TRACE - 1, PASSERELLE_VOUCHED_FIELD, 0, NULL, 0) ==
          PASSERELLE_STATUS_ARGUMENT);
    CHECK(passerelle_envelope_from_message(envelope, trace, sizeof TRACE - 1, 0, 0, "192.0.2.0/33", 12) ==
          PASSERELLE_STATUS_ARGUMENT);
    CHECK_OK(passerelle_envelope_from_message(envelope, NULL, 0, 0, 0, NULL, 0));
    passerelle_envelope_free(envelope);
}

int main(void)
{
    spf_comes_before_the_message();
    nothing_comes_early_unless_asked_for();
    what_a_trusted_server_said_is_shown_beside_the_results();
    what_a_message_says_of_its_envelope_counts_where_the_host_vouches_for_it();
    what_is_no_field_and_no_network_is_refused();
    return checks_finish();
}
