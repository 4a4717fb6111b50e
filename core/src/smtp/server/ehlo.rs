//! The reply to EHLO and LHLO: what this session may use.

use super::session::Session;

/// Writes the reply: the server's name, then an extension a line (RFC 5321 §4.1.1.1). What the settings do not offer, or
/// this session can't have, is not in it.
pub(super) fn reply(cx: &mut Session) {
    let settings = std::sync::Arc::clone(&cx.settings);
    let (extensions, limits) = (&settings.extensions, &settings.limits);
    let in_tls = cx.peer.tls.is_some();
    let mut lines: Vec<&str> = Vec::with_capacity(16);
    let flags = [
        (extensions.pipelining, "PIPELINING"),
        (extensions.eight_bit_mime, "8BITMIME"),
        (extensions.offers_smtputf8(), "SMTPUTF8"),
        (extensions.chunking, "CHUNKING"),
        (extensions.offers_binary_mime(), "BINARYMIME"),
        (extensions.enhanced_status_codes, "ENHANCEDSTATUSCODES"),
        (extensions.dsn, "DSN"),
        (extensions.starttls && !in_tls, "STARTTLS"),
        (extensions.require_tls && in_tls, "REQUIRETLS"),
        (extensions.mt_priority, "MT-PRIORITY"),
        (extensions.vrfy, "VRFY"),
        (extensions.expn, "EXPN"),
        (extensions.help, "HELP"),
    ];
    lines.extend(flags.iter().filter(|(on, _)| *on).map(|(_, keyword)| *keyword));

    let size = extensions.size.then(|| match limits.message_size {
        Some(octets) => format!("SIZE {octets}"),
        None => "SIZE 0".to_owned(), // RFC 1870 §4: no fixed maximum
    });
    let auth = auth_line(cx);
    let session_limits = extensions
        .limits
        .then(|| format!("LIMITS RCPTMAX={} MAILMAX={}", limits.recipients, limits.transactions));
    let deliver_by = extensions.deliver_by.map(|least| format!("DELIVERBY {least}"));
    let future_release = extensions.future_release.map(|longest| {
        // RFC 4865 §3: the longest interval, and until when that is.
        format!("FUTURERELEASE {longest} {}", (cx.now.unix + u64::from(longest)).rfc3339())
    });
    let xclient = cx.may_xclient().then_some("XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT");
    let texts = [size, auth, session_limits, deliver_by, future_release];
    lines.extend(texts.iter().flatten().map(String::as_str));
    lines.extend(xclient);

    cx.line(250, lines.is_empty(), None, &settings.hostname);
    let last = lines.len().saturating_sub(1);
    for (index, line) in lines.iter().enumerate() {
        cx.line(250, index == last, None, line);
    }
}

/// The mechanisms that may be used now. None when the client has authenticated (RFC 4954 §4).
fn auth_line(cx: &Session) -> Option<String> {
    let names = cx.allowed_mechanisms().map(|mechanism| mechanism.as_str());
    let line = names.fold(String::new(), |line, name| line + " " + name);
    (cx.peer.identity.is_none() && !line.is_empty()).then(|| format!("AUTH{line}"))
}
