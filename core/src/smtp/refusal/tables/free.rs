//! Free's wordings.

use super::{Cause, Group, any, words};

const DAY: &str = "Free blocks an address for a time that grows with its spam and errors, at most 24 hours. Look at \
    postmaster.free.fr whether it is listed, stop the cause, and send again when the time is over.";

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "postmaster.free.fr, Problème d'envoi vers Free.fr ?; Momentum, Adaptive Delivery rules for free.fr",
    date: "2026-11-28",
    rules: &[
        any(&["too many spams from your ip"], Cause::Blocked).advise(DAY),
        any(&["too many errors from your ip"], Cause::RateLimited).advise(DAY),
        words(&["spam detected"], Cause::Spam),
        words(&["too many connections"], Cause::RateLimited),
    ],
}];
