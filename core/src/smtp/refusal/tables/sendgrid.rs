//! SendGrid's wordings.

use super::{Cause, Group, Party, any, words};

const LOGIN: &str =
    "SendGrid refused the login: the user name is the word apikey, the password an API key that may send mail.";
const IDENTITY: &str = "Verify the address or its domain as a Sender Identity in SendGrid, or send from one that is.";

pub(in super::super) const GROUPS: &[Group] = &[
    Group {
        source: "SendGrid, SMTP Errors and Troubleshooting (www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting)",
        date: "2026-11-28",
        rules: &[
            any(
                &[
                    "not authorized to send from that email address",
                    "does not match a verified sender identity",
                ],
                Cause::SenderNotAllowed,
            )
            .who(Party::Sender)
            .advise(IDENTITY),
            any(&["maximum credits exceeded"], Cause::SendingLimit).advise(
                "The SendGrid account has used its credits up. Wait for the limit to start anew, or have the plan raised.",
            ),
            words(&["unauthenticated senders not allowed"], Cause::AuthenticationRequired),
            any(&["authentication failed"], Cause::AuthenticationFailed).advise(LOGIN),
            any(&["too many recipients received this hour", "(throttled)", "too frequent connects"], Cause::RateLimited),
            words(&["temporarily deferred"], Cause::RateLimited),
            words(&["repeated bad requests"], Cause::RateLimited)
                .advise("Too many requests were wrong. Mend what is wrong with them, and wait."),
        ],
    },
    Group {
        source: "A reply of SendGrid in a report to its documentation (github.com/sendgrid/docs/issues/2491)",
        date: "2026-11-28",
        rules: &[words(&["bad username / password"], Cause::AuthenticationFailed).advise(LOGIN)],
    },
    Group {
        source: "Sisimai, lib/Sisimai/Reason/TooManyConn.pm, which names SendGrid (github.com/sisimai/p5-sisimai)",
        date: "2026-11-28",
        rules: &[words(&["at maximum connection limit"], Cause::RateLimited)],
    },
];
