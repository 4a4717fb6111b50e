//! Amazon SES's wordings.

use super::{Cause, Group, Party, any, words};

pub(in super::super) const GROUPS: &[Group] = &[
    Group {
        source: "Amazon SES, SMTP response codes returned by Amazon SES (docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html)",
        date: "2026-11-28",
        rules: &[
            words(&["daily message quota exceeded"], Cause::SendingLimit)
                .advise("The account has sent all that SES lets it send in 24 hours. Wait, or ask for a higher quota."),
            words(&["maximum sending rate exceeded"], Cause::RateLimited)
                .advise("More messages a second than SES lets the account send. Wait some seconds, then longer and longer, and send more slowly."),
            words(&["too many concurrent smtp connections"], Cause::RateLimited),
            words(&["email address is not verified"], Cause::SenderNotAllowed).who(Party::Sender).advise(
                "Verify the address or its domain in SES, in the region that is used; in the sandbox the recipient's too.",
            ),
            words(&["temporary authentication failure"], Cause::SystemUnavailable),
            any(&["timeout waiting for data from client"], Cause::Network).advise("The client was silent for too long. Send what it has to say without pauses."),
            words(&["temporary service failure"], Cause::SystemUnavailable),
            words(&["authentication credentials invalid"], Cause::AuthenticationFailed).advise(
                "SES refused the login. Its SMTP user name and password are made in the SES console, for one region, and are not the AWS keys.",
            ),
            words(&["account not subscribed to ses"], Cause::AccountDisabled).advise("The AWS account is not signed up for SES."),
            words(&["is not authorized to perform"], Cause::SenderNotAllowed)
                .who(Party::Operator)
                .advise("The policy of the IAM user whose SMTP password this is does not allow ses:SendRawEmail for this identity. Change it."),
            words(&["message is too long"], Cause::MessageTooLarge),
        ],
    },
    Group {
        source: "Replies of Amazon SES that its users report (github.com/GoodDollar/GoodServer/issues/419, github.com/yegor256/0pdd/issues/240)",
        date: "2026-11-28",
        rules: &[any(&["sending paused for this account", "sending suspended for this account"], Cause::AccountDisabled)],
    },
    Group {
        source: "Amazon SES API v2, SendingPausedException (docs.aws.amazon.com/ses/latest/APIReference-V2)",
        date: "2026-11-28",
        rules: &[any(&["account's ability to send email is currently paused"], Cause::AccountDisabled)],
    },
];
