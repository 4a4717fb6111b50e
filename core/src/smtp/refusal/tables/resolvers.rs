//! Lists that answer whoever asks them through a public resolver: the mail is refused though nothing is listed.

use super::{Cause, Group, Party, any};

pub(in super::super) const GROUPS: &[Group] = &[Group {
    source: "Help for Spamhaus Project's legacy blocklist users (www.spamhaus.com/resource-center/help-for-spamhaus-projects-legacy-blocklist-users)",
    date: "2026-11-28",
    rules: &[any(
        &[
            "127.255.255.254",
            "127.255.255.255",
            "error: open resolver",
            "public resolver",
            "public/open resolver",
            "spamhaus.org/returnc/*",
            "uribl.com/refused.shtml",
            "query refused. see http://uribl.com",
        ],
        Cause::SystemMisconfigured,
    )
    .quoted()
    .who(Party::Provider)
    .advise(
        "Nothing is listed: the receiving server asks a block list through a public resolver, or too often, and takes the \
         list's error for a listing. Its administrator has to ask with a resolver or key of its own; tell the recipient in \
         another way.",
    )],
}];
