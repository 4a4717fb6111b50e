//! Wordings that many servers share, among them those of Postfix, Exim, Sendmail, qmail, Dovecot, OpenSMTPD and filters.
//!
//! What programs say is in their source code, so each group names the file that has its words. The same words stand in
//! many programs; the group names one that has them.

mod addresses;
mod content;
mod little;
mod login;
mod mailbox;
mod session;
mod sources;

use addresses::{CLIENT, SENDER};
use content::{AUTHENTICITY, CONTENT};
use little::LITTLE;
use login::{LOGIN, TLS};
use mailbox::{FULL, MAILBOX, MOVED, SHUT};
use session::{LIMITS, RELAYING, WAY};

use super::Group;

/// What little words say comes last.
pub(in super::super) const TABLES: &[&[Group]] =
    &[TLS, LOGIN, RELAYING, LIMITS, WAY, SENDER, CLIENT, FULL, SHUT, MOVED, MAILBOX, AUTHENTICITY, CONTENT, LITTLE];

/// Why a mailbox that is there takes nothing.
pub(in super::super) const OF_MAILBOX: &[&[Group]] = &[FULL, SHUT, MOVED];
