//! Wordings that many servers share, among them those of Postfix, Exim, Sendmail, qmail, Dovecot, OpenSMTPD and filters.

mod addresses;
mod content;
mod session;

use addresses::{CLIENT, MAILBOX, SENDER};
use content::{AUTHENTICITY, CONTENT, LITTLE};
use session::{LIMITS, LOGIN, RELAYING, TLS, WAY};

use super::Group;

/// What Postfix, Exim, Sendmail, qmail and others say out of their own source code: no document is the source.
const PROGRAMS: &str = "";
const COLLECTIONS: &str =
    "Sisimai, bounce reasons (libsisimai.org/en/reason); ZoneMTA, bounce rules (github.com/zone-eu/zone-mta)";
const SEEN: &str = "2026-11-28";

pub(in super::super) const GROUPS: &[Group] =
    &[TLS, LOGIN, RELAYING, LIMITS, WAY, SENDER, CLIENT, MAILBOX, AUTHENTICITY, CONTENT, LITTLE];
