/*
 * What the tests share: checks that are counted, and the same small mail world for all of them.
 *
 * Each file in this folder is a program of its own: it prints "N passed, N failed" and exits with 1 if any failed.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passerelle.h"

static unsigned checks_passed;
static unsigned checks_failed;

static inline bool check(bool holds, const char *what, const char *file, int line)
{
    if (holds) {
        checks_passed++;
    } else {
        checks_failed++;
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    }
    return holds;
}

static inline bool check_status(passerelle_status is, passerelle_status wanted, const char *what, const char *file,
                                int line)
{
    if (is != wanted) {
        fprintf(stderr, "%s:%d: status %d (%s)\n", file, line, (int)is, passerelle_status_text((uint32_t)is));
    }
    return check(is == wanted, what, file, line);
}

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
#define CHECK_STATUS(call, wanted) check_status((call), (wanted), #call, __FILE__, __LINE__)
#define CHECK_OK(call) CHECK_STATUS((call), PASSERELLE_STATUS_OK)

static inline int checks_finish(void)
{
    printf("%u passed, %u failed\n", checks_passed, checks_failed);
    return checks_failed == 0 && checks_passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline bool equals(const char *text, size_t text_len, const char *wanted)
{
    return text != NULL && text_len == strlen(wanted) && memcmp(text, wanted, text_len) == 0;
}

static inline bool contains(const char *text, size_t text_len, const char *wanted)
{
    size_t wanted_len = strlen(wanted);
    for (size_t i = 0; text != NULL && i + wanted_len <= text_len; i++) {
        if (memcmp(text + i, wanted, wanted_len) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * example.com sends from 192.0.2.1 alone (SPF) and asks for everything else to be rejected (DMARC). So a message from
 * there with that domain in From and in MAIL FROM is authenticated, and one from another address is not.
 */
static const char GOOD_IP[] = "192.0.2.1";
static const char BAD_IP[] = "198.51.100.1";
static const char MAIL_FROM[] = "alice@example.com";
static const char HELO[] = "mail.example.com";

static const char MESSAGE[] = "From: Alice <alice@example.com>\r\n"
                              "To: Bob <bob@example.net>\r\n"
                              "Subject: Lunch\r\n"
                              "Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n"
                              "Message-ID: <1@example.com>\r\n"
                              "\r\n"
                              "At noon?\r\n";

static const char TRANSCRIPT[] =
    "{\"answers\": ["
    " {\"name\": \"example.com\", \"type\": \"TXT\", \"records\": [\"v=spf1 ip4:192.0.2.1 -all\"]},"
    " {\"name\": \"_dmarc.example.com\", \"type\": \"TXT\", \"records\": [\"v=DMARC1; p=reject\"]}]}";

static inline passerelle_transcript *transcript_of(const char *json)
{
    passerelle_transcript *transcript = NULL;
    CHECK_OK(passerelle_transcript_new(&transcript));
    CHECK_OK(passerelle_transcript_parse(transcript, (const uint8_t *)json, strlen(json)));
    return transcript;
}

/* A verification of a message by MAIL_FROM, from this address. */
static inline passerelle_verification *verification_from(const char *ip)
{
    passerelle_settings *settings = NULL;
    passerelle_envelope *envelope = NULL;
    passerelle_verification *verification = NULL;
    CHECK_OK(passerelle_settings_new(&settings));
    CHECK_OK(passerelle_settings_set_authserv_id(settings, "mx.example.net", strlen("mx.example.net")));
    CHECK_OK(passerelle_envelope_new(&envelope));
    CHECK_OK(passerelle_envelope_set_ip_text(envelope, ip, strlen(ip)));
    CHECK_OK(passerelle_envelope_set_helo(envelope, HELO, strlen(HELO)));
    CHECK_OK(passerelle_envelope_set_mail_from(envelope, MAIL_FROM, strlen(MAIL_FROM)));
    CHECK_OK(passerelle_verification_new(settings, envelope, 1795262400, &verification));
    passerelle_settings_free(settings);
    passerelle_envelope_free(envelope);
    return verification;
}

/* Takes outputs and answers questions (unless transcript is NULL) until idle. Whether the report was among them. */
static inline bool drain(passerelle_verification *verification, const passerelle_transcript *transcript,
                         passerelle_report *report)
{
    bool reported = false;
    passerelle_output output = {0};
    for (;;) {
        passerelle_answer *answer = NULL;
        if (!CHECK_OK(passerelle_verification_poll(verification, &output)) ||
            output.tag == PASSERELLE_OUTPUT_TAG_IDLE) {
            return reported;
        }
        if (output.tag == PASSERELLE_OUTPUT_TAG_REPORT) {
            *report = output.value.report;
            reported = true;
        } else if (CHECK(output.tag == PASSERELLE_OUTPUT_TAG_ASK) && transcript != NULL) {
            CHECK_OK(passerelle_transcript_answer(transcript, &output.value.ask, &answer));
            CHECK_OK(passerelle_verification_answer(verification, output.value.ask.id, answer));
            passerelle_answer_free(answer);
        }
    }
}

static inline void feed(passerelle_verification *verification, const char *message, size_t len, size_t chunk)
{
    for (size_t i = 0; i < len; i += chunk) {
        size_t count = len - i < chunk ? len - i : chunk;
        CHECK_OK(passerelle_verification_octets(verification, (const uint8_t *)message + i, count));
    }
}

#endif
