//! Proofpoint's wordings.

use super::{Cause, Group, any, code, words};

const DYNAMIC: &str = "Proofpoint's Dynamic Reputation blocks the sending address. Stop the cause, then ask it to look again at \
    ipcheck.proofpoint.com.";

pub(in super::super) const GROUPS: &[Group] = &[
    Group {
        source: "Welcome to the Proofpoint Postmaster portal (www.proofpoint.com/postmaster)",
        date: "2026-11-28",
        rules: &[any(&["blocked - see", "proofpoint dynamic reputation"], Cause::Blocked).advise(DYNAMIC)],
    },
    Group {
        source: "Common Email Delivery Error Codes of a Proofpoint Essentials partner (www.spambrella.com/faq/email-delivery-error-codes)",
        date: "2026-11-28",
        rules: &[
            words(&["marked as invalid"], Cause::NoSuchMailbox)
                .advise("Proofpoint's SMTP discovery takes the recipient for invalid. Check the address; the recipient's administrator can add it."),
            code(1, 0, &["sender rejected"], Cause::Blocked).advise("The sender's address or its SPF record, or the sending address, is refused. Check both."),
            words(&["insufficient system resources"], Cause::SystemFull),
            words(&["relay access denied"], Cause::RelayDenied),
            words(&["local policy violation"], Cause::Policy),
        ],
    },
];
