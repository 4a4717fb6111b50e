//! SFR's wordings: `SFR_IN_101`, of which the last two digits count.

use super::{Cause, Group, any, words};

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "SFR SMTP error codes (bentonow.com/smtp-errors/sfr), after SFR's postmaster page",
    date: "2026-11-28",
    rules: &[
        any(&["_101", "_201", "too many spam messages"], Cause::Reputation).advise(
            "SFR has counted too many messages as spam and blocks the address for two hours. Send less, and only to people who want it.",
        ),
        any(&["_102", "_202"], Cause::DangerousContent),
        any(&["_103", "_203", "too many errors"], Cause::RateLimited)
            .advise("Too many commands of this client failed. Check its EHLO name and its timeouts, and try again after two hours."),
        any(&["_104", "_204"], Cause::Reputation)
            .advise("Too many recipients do not exist. Remove them from the list, and try again after two hours."),
        any(&["_105", "_205"], Cause::RateLimited).advise("More than SFR takes from one address. Send more slowly, and try again after two hours."),
        words(&["message content rejected"], Cause::Spam),
    ],
}];
