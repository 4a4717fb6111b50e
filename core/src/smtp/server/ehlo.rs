//! The reply to EHLO and LHLO: what this session may use.

use std::sync::Arc;

use crate::smtp::capabilities::{Capabilities, FutureRelease, SessionLimits};
use crate::smtp::proxy::Xclient;

use super::session::Session;

/// Writes the reply: the server's name, then an extension a line (RFC 5321 §4.1.1.1).
pub(super) fn reply(cx: &mut Session) {
    let settings = Arc::clone(&cx.settings);
    let lines = capabilities(cx).lines();
    cx.line(250, lines.is_empty(), None, &settings.hostname);
    let last = lines.len().saturating_sub(1);
    for (index, line) in lines.iter().enumerate() {
        cx.line(250, index == last, None, line);
    }
}

/// What the settings offer and this session can have.
fn capabilities(cx: &Session) -> Capabilities {
    let (extensions, limits, tls) = (&cx.settings.extensions, &cx.settings.limits, cx.peer.tls.as_ref());
    // RFC 9422 §4: at most six digits.
    let limit = |number: u64| extensions.limits.then(|| u32::try_from(number.min(999_999)).unwrap_or(999_999));
    let mechanisms = match (&cx.settings.auth, &cx.peer.identity) {
        (Some(auth), None) => auth.offered(tls).iter().map(ToString::to_string).collect(),
        // There is nothing left to authenticate (RFC 4954 §4).
        _ => Vec::new(),
    };
    Capabilities {
        name: String::new(),
        pipelining: extensions.pipelining,
        size: extensions.size.then_some(limits.message_size),
        eight_bit_mime: extensions.eight_bit_mime,
        smtputf8: extensions.offers_smtputf8(),
        chunking: extensions.chunking,
        binary_mime: extensions.offers_binary_mime(),
        enhanced_status_codes: extensions.enhanced_status_codes,
        dsn: extensions.dsn,
        starttls: extensions.starttls && !cx.is_secured,
        require_tls: extensions.require_tls && tls.is_some(),
        auth: mechanisms,
        limits: SessionLimits {
            mail_max: limit(limits.transactions.into()),
            rcpt_max: limit(limits.recipients as u64),
            rcpt_domain_max: None,
        },
        mt_priority: extensions.mt_priority.then_some(None),
        deliver_by: extensions.deliver_by.map(|fewest| Some(fewest.into()).filter(|&fewest: &u64| fewest > 0)),
        future_release: extensions.future_release.map(|longest| FutureRelease {
            max_interval: Some(longest.into()),
            max_until: Some(crate::time::UnixTime(cx.now.unix.0.saturating_add(longest.into()))),
        }),
        xclient: match cx.may_xclient() {
            true => Xclient::ATTRIBUTES.map(str::to_owned).to_vec(),
            false => Vec::new(),
        },
        help: extensions.help,
        vrfy: extensions.vrfy,
        expn: extensions.expn,
        others: Vec::new(),
    }
}
