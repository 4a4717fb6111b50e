//! What a message may have become on its way, and who may send it where: by the auditor's own knowledge of the world.

use super::dkim::{self, Field, split};
use super::{Verdict, wrong};
use crate::tally::Tally;
use crate::workload::mail::{Mail, TOKEN};
use crate::world::{NAME, SIGNERS, Who};

/// The recipient of copies.
pub(crate) const ARCHIVE: &str = "all@archive.example.com";

/// Domains of the gateway's own, for which strangers may bring mail.
const INBOUND: [&str; 2] = ["example.com", "checked.example.com"];

/// The message that these octets are.
pub(crate) fn number(message: &[u8]) -> Option<usize> {
    let (fields, _) = split(message);
    let token = fields.iter().find(|field| field.is(TOKEN))?;
    std::str::from_utf8(token.value()).ok()?.trim().parse().ok()
}

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

fn has(mail: &Mail, line: &str) -> bool {
    let (fields, _) = split(&mail.content);
    fields.iter().any(|field| field.octets.trim_ascii_end().eq_ignore_ascii_case(line.as_bytes()))
}

fn is_ours(who: Who) -> bool {
    matches!(who, Who::Apps | Who::Ann | Who::Tenant)
}

/// Whether a rule throws it away.
pub(crate) fn is_discarded(mail: &Mail, to: &str) -> bool {
    domain(to) == "junk.example" && is_ours(mail.who) && has(mail, "X-Junk: yes")
}

/// Whether a rule keeps it for a person to look at.
pub(crate) fn is_quarantined(mail: &Mail, to: &str) -> bool {
    domain(to) == "checked.example.com" && !is_ours(mail.who) && has(mail, "X-Spam: yes")
}

/// Whether the archive has to have it first.
pub(crate) fn wants_copy(mail: &Mail, to: &str) -> bool {
    mail.from == "ann@example.com" && matches!(domain(to), "partner.example" | "copied.example")
}

/// Whether this may go from this sender to this recipient.
pub(crate) fn may_send(mail: &Mail, to: &str, is_logged_in: bool, is_copy: bool) -> bool {
    if is_copy {
        return mail.from == "ann@example.com" && mail.to.iter().any(|to| wants_copy(mail, to)) && is_logged_in;
    }
    match mail.who {
        Who::Stranger | Who::Neighbour => INBOUND.contains(&domain(to)),
        Who::Apps | Who::Tenant => domain(mail.from).ends_with("example.com"),
        Who::Ann => is_logged_in && ["ann@example.com", "ann@shop.example.com"].contains(&mail.from),
    }
}

/// What the gateway may put in front or in between.
const ADDED: [&str; 7] =
    ["Received", "Authentication-Results", "DKIM-Signature", "X-Way", "X-Out", "Date", "Message-ID"];

/// Whether every line came through that had to, and nothing that had not.
pub(crate) fn passed_on(mail: &Mail, message: &[u8], is_stored: bool) -> Verdict {
    let (sent, body_sent) = split(&mail.content);
    let (come, body_come) = split(message);
    let is_submitted = mail.who == Who::Ann;
    let is_outside = |name: &str| mail.to.iter().any(|to| domain(to) == name);
    let has_footer = is_outside("foot.example");
    let goes = |field: &Field<'_>| {
        field.is("Bcc") && is_submitted
            || field.is("X-Gateway-Tenant")
            || field.is("Authentication-Results") && has_name(field)
    };
    let mut left = come.iter();
    for field in &sent {
        if goes(field) {
            continue;
        }
        // A rule of theirs takes it away, where there is one.
        let may_go = field.is("X-Internal") && is_ours(mail.who)
            || field.is("Subject") && is_outside("implicit.example")
            || has_footer
                && (field.is("Content-Type") || field.is("Content-Transfer-Encoding") || field.is("MIME-Version"));
        let mut ahead = left.clone();
        match ahead.find(|own| own.octets == field.octets) {
            Some(_) => {
                for own in left.by_ref().take_while(|own| own.octets != field.octets) {
                    added(mail, own, has_footer)?;
                }
            }
            None if may_go => {}
            None => {
                let what = format!("the field {} did not come through", field.octets.escape_ascii());
                return Err(wrong("content", Some(mail.number), what));
            }
        }
    }
    for own in left {
        added(mail, own, has_footer)?;
    }
    if let Some(field) = come.iter().find(|field| goes(field) && !is_own_result(field)) {
        let what = format!("the field {} came through", field.octets.escape_ascii());
        return Err(wrong("content", Some(mail.number), what));
    }
    if !is_stored && come.first().is_none_or(|field| field.is("From")) {
        return Err(wrong("content", Some(mail.number), "nothing was put in front of it"));
    }
    if body_come != body_sent && !has_footer {
        return Err(wrong("content", Some(mail.number), "the body is another"));
    }
    Ok(())
}

/// A result that this gateway claims to have found.
fn has_name(field: &Field<'_>) -> bool {
    String::from_utf8_lossy(field.value()).trim().to_ascii_lowercase().starts_with(NAME)
}

/// Those that the workload forges have this.
fn is_own_result(field: &Field<'_>) -> bool {
    field.is("Authentication-Results") && !String::from_utf8_lossy(field.value()).contains("forged.example")
}

fn added(mail: &Mail, field: &Field<'_>, has_footer: bool) -> Verdict {
    let is_mime = ["Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Content-Disposition"];
    let is_subject = field.is("Subject") && mail.to.iter().any(|to| domain(to) == "implicit.example");
    let is_known = ADDED.iter().any(|name| field.is(name));
    match is_known || is_subject || has_footer && is_mime.iter().any(|name| field.is(name)) {
        true => Ok(()),
        false => {
            let what = format!("the field {} was put in", field.octets.escape_ascii());
            Err(wrong("content", Some(mail.number), what))
        }
    }
}

/// Whether it is signed by whom it should be, and by nobody else.
pub(crate) fn signed(mail: &Mail, message: &[u8], tally: &mut Tally) -> Verdict {
    let own = dkim::own(message);
    let author = domain(mail.author);
    let signer = SIGNERS.iter().find(|(signer, ..)| *signer == author).filter(|_| is_ours(mail.who));
    for signature in &own {
        if let Some(why) = &signature.wrong {
            let what = format!("the signature of {} does not verify: {why}", signature.domain);
            return Err(wrong("signature", Some(mail.number), what));
        }
        if signer.is_none_or(|(signer, ..)| *signer != signature.domain) {
            let what = format!("{} signs what {:?} sends in the name of {author}", signature.domain, mail.who);
            return Err(wrong("tenant", Some(mail.number), what));
        }
        tally.add("message: signed");
    }
    match (signer, own.len()) {
        (Some(_), 1) | (None, 0) => Ok(()),
        (_, count) => Err(wrong("signature", Some(mail.number), format!("it has {count} signatures of ours"))),
    }
}
