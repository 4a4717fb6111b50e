//! What goes out of what was asked for: decided before anything is sent, by what the server offers.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::context::Context;
use super::envelope::{Envelope, Recipient};
use super::outcome::{Omitted, Withheld};
use crate::limits::{MAX_ENVELOPE_ID, MAX_ORIGINAL_RECIPIENT, MAX_PATH};
use crate::mailbox::{ForwardPath, Host, ReversePath};
use crate::smtp::capabilities::Capabilities;
use crate::smtp::data::EncodePolicy;
use crate::smtp::line::Irregularity;
use crate::smtp::parameters::{Body, DeliverBy, DeliverByMode, Hold, MailParameters, OriginalRecipient, Ret};
use crate::smtp::xtext;
use crate::time::UnixTime;

/// How a message is sent.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The MAIL command, without its CRLF.
    pub(super) mail: String,
    /// What the message consists of, as far as the server is told.
    pub(super) body: Option<Body>,
    /// BDAT instead of DATA.
    pub(super) chunking: bool,
    /// What is left out.
    pub(super) omitted: Vec<Omitted>,
    smtputf8: bool,
    dsn: bool,
    /// Recipients that are asked for so far, and where the server bounds them, their hosts.
    recipients: usize,
    hosts: BTreeSet<Option<Host>>,
}

impl Plan {
    /// How the message is sent.
    ///
    /// # Errors
    /// Why it can't be, for all its recipients.
    pub(super) fn new(envelope: &Envelope, context: &Context) -> Result<Self, Withheld> {
        let (offered, settings, asked) = (&*context.capabilities, &context.settings, &envelope.parameters);
        if offered.limits.mail_max.is_some_and(|most| context.mails >= most) {
            return Err(Withheld::TooManyMessages);
        }
        let from = envelope.from.to_string();
        if from.len() > MAX_PATH {
            return Err(Withheld::PathTooLong);
        }
        if asked.require_tls && !(offered.require_tls && context.tls.as_ref().is_some_and(|tls| tls.verified)) {
            return Err(Withheld::RequireTls);
        }
        let is_binary = asked.body == Some(Body::BinaryMime);
        if let Some(needs) = envelope.needs.filter(|_| !is_binary) {
            if let Some(irregularity) = needs.irregular
                && (settings.irregular == EncodePolicy::Refuse || irregularity == Irregularity::Nul)
            {
                return Err(Withheld::Irregular(irregularity));
            }
            if let Some(line) = needs.long_line(settings.long_lines) {
                return Err(Withheld::LineTooLong(line));
            }
        }
        let mut plan = Self {
            mail: format!("MAIL FROM:{from}"),
            body: body(envelope, offered, settings.chunking)?,
            chunking: settings.chunking && offered.chunking,
            omitted: Vec::new(),
            smtputf8: smtputf8(envelope, offered)?,
            dsn: offered.dsn,
            recipients: 0,
            hosts: BTreeSet::new(),
        };
        plan.parameters(envelope, offered)?;
        Ok(plan)
    }

    fn parameters(&mut self, envelope: &Envelope, offered: &Capabilities) -> Result<(), Withheld> {
        let asked = &envelope.parameters;
        let size = asked.size.or(envelope.needs.map(|needs| needs.size));
        if let (Some(most), Some(size)) = (offered.size, size) {
            if most.is_some_and(|most| size > most) {
                return Err(Withheld::TooLarge);
            }
            self.add(format_args!("SIZE={size}"));
        }
        match self.body {
            Some(Body::EightBitMime) => self.add(format_args!("BODY=8BITMIME")),
            Some(Body::BinaryMime) => self.add(format_args!("BODY=BINARYMIME")),
            Some(Body::SevenBit) | None => {}
        }
        if self.smtputf8 {
            self.add(format_args!("SMTPUTF8"));
        }
        if asked.require_tls {
            self.add(format_args!("REQUIRETLS"));
        }
        self.dsn(envelope);
        match &asked.auth {
            Some(_) if offered.auth.is_empty() => self.omitted.push(Omitted::Auth),
            Some(Some(mailbox)) => self.add(format_args!("AUTH={}", xtext::encode(&mailbox.to_string()))),
            Some(None) => self.add(format_args!("AUTH=<>")),
            None => {}
        }
        match asked.priority {
            Some(_) if offered.mt_priority.is_none() => self.omitted.push(Omitted::Priority),
            Some(priority) => self.add(format_args!("MT-PRIORITY={}", priority.clamp(-9, 9))),
            None => {}
        }
        if let Some(by) = asked.deliver_by {
            self.deliver_by(by, offered)?;
        }
        if let Some(hold) = asked.hold {
            self.hold(hold, offered)?;
        }
        Ok(())
    }

    fn add(&mut self, parameter: std::fmt::Arguments<'_>) {
        let _ = write!(self.mail, " {parameter}"); // a String takes everything
    }

    /// RET and ENVID; where the server does not offer DSN they are left out, with those of RCPT (RFC 3461 §5.2.2).
    fn dsn(&mut self, envelope: &Envelope) {
        let MailParameters { ret, envelope_id, .. } = &envelope.parameters;
        let of_recipients =
            |recipient: &Recipient| recipient.parameters.notify.is_some() || recipient.parameters.original.is_some();
        if !self.dsn {
            if ret.is_some() || envelope_id.is_some() || envelope.recipients.iter().any(of_recipients) {
                self.omitted.push(Omitted::Dsn);
            }
            return;
        }
        match ret {
            Some(Ret::Full) => self.add(format_args!("RET=FULL")),
            Some(Ret::Headers) => self.add(format_args!("RET=HDRS")),
            None => {}
        }
        if let Some(id) = envelope_id.as_deref().map(xtext::encode) {
            match id.len() {
                1..=MAX_ENVELOPE_ID => self.add(format_args!("ENVID={id}")),
                _ => self.omitted.push(Omitted::EnvelopeId),
            }
        }
        let mut originals = envelope.recipients.iter().filter_map(|recipient| recipient.parameters.original.as_ref());
        if originals.any(|original| self.original(original).is_none()) {
            self.omitted.push(Omitted::OriginalRecipient);
        }
    }

    fn deliver_by(&mut self, by: DeliverBy, offered: &Capabilities) -> Result<(), Withheld> {
        let is_possible = offered.deliver_by.is_some_and(|fewest| {
            let fewest = fewest.unwrap_or_default().try_into().unwrap_or(i64::MAX);
            // RFC 2852 §4: at most nine digits, and with `R` a time that is still to come.
            by.seconds.unsigned_abs() <= 999_999_999
                && (by.mode == DeliverByMode::Notify || (by.seconds > 0 && by.seconds >= fewest))
        });
        let mode = match by.mode {
            DeliverByMode::Return if !is_possible => return Err(Withheld::DeliverBy),
            DeliverByMode::Notify if !is_possible => {
                self.omitted.push(Omitted::DeliverBy);
                return Ok(());
            }
            DeliverByMode::Return => "R",
            DeliverByMode::Notify => "N",
        };
        self.add(format_args!("BY={};{mode}{}", by.seconds, if by.trace { "T" } else { "" }));
        Ok(())
    }

    fn hold(&mut self, hold: Hold, offered: &Capabilities) -> Result<(), Withheld> {
        let most = offered.future_release.ok_or(Withheld::FutureRelease)?;
        match hold {
            Hold::For(seconds) if most.max_interval.is_none_or(|most| seconds <= most) => {
                self.add(format_args!("HOLDFOR={seconds}"));
            }
            Hold::Until(moment) if moment <= LAST_MOMENT && most.max_until.is_none_or(|most| moment <= most) => {
                // RFC 3339 §5.6, of `2025-01-01 01:00:00 UTC`.
                let moment = moment.utc().to_string().replace(" UTC", "Z").replace(' ', "T");
                self.add(format_args!("HOLDUNTIL={moment}"));
            }
            _ => return Err(Withheld::FutureRelease),
        }
        Ok(())
    }

    /// Takes one more recipient in; `Some` where it can't be asked for, with the others.
    pub(super) fn admit(&mut self, recipient: &Recipient, offered: &Capabilities) -> Option<Withheld> {
        let is_full = |limit: Option<u32>, count: usize| limit.is_some_and(|limit| count >= limit as usize);
        let bounds_hosts = offered.limits.rcpt_domain_max.is_some();
        let host = bounds_hosts.then(|| host(&recipient.to).cloned());
        let is_new_host = host.as_ref().is_some_and(|host| !self.hosts.contains(host));
        if !self.smtputf8 && !is_ascii(&recipient.to) {
            return Some(Withheld::Utf8Address);
        }
        if recipient.to.to_string().len() > MAX_PATH {
            return Some(Withheld::PathTooLong);
        }
        if is_full(offered.limits.rcpt_max, self.recipients)
            || (is_new_host && is_full(offered.limits.rcpt_domain_max, self.hosts.len()))
        {
            return Some(Withheld::TooManyRecipients);
        }
        self.hosts.extend(host);
        self.recipients += 1;
        let asks_for_dsn = recipient.parameters.notify.is_some() || recipient.parameters.original.is_some();
        if asks_for_dsn && !self.dsn {
            self.omit(Omitted::Dsn);
        } else if recipient.parameters.original.as_ref().is_some_and(|original| self.original(original).is_none()) {
            self.omit(Omitted::OriginalRecipient);
        }
        None
    }

    fn omit(&mut self, what: Omitted) {
        if !self.omitted.contains(&what) {
            self.omitted.push(what);
        }
    }

    /// The RCPT command, without its CRLF.
    pub(super) fn rcpt(&self, recipient: &Recipient) -> String {
        let mut line = format!("RCPT TO:{}", recipient.to);
        if !self.dsn {
            return line;
        }
        if let Some(notify) = recipient.parameters.notify {
            let words = [(notify.success, "SUCCESS"), (notify.failure, "FAILURE"), (notify.delay, "DELAY")];
            let words: Vec<_> = words.into_iter().filter_map(|(on, word)| on.then_some(word)).collect();
            let words = if words.is_empty() { "NEVER".to_owned() } else { words.join(",") };
            let _ = write!(line, " NOTIFY={words}");
        }
        if let Some(original) = recipient.parameters.original.as_ref().and_then(|original| self.original(original)) {
            let _ = write!(line, " ORCPT={original}");
        }
        line
    }

    /// `addr-type ";" xtext` (RFC 3461 §4.2), and for `utf-8` what RFC 6533 §3 has instead. `None` if it can't be written.
    fn original(&self, original: &OriginalRecipient) -> Option<String> {
        let kind = &original.address_type;
        if kind.is_empty() || !kind.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-') {
            return None;
        }
        let mut text = format!("{kind};");
        if !kind.eq_ignore_ascii_case("utf-8") {
            text.push_str(&xtext::encode(&original.address));
        } else {
            for character in original.address.chars() {
                match character {
                    '\\' | '+' | '=' => write!(text, "\\x{{{:X}}}", u32::from(character)).ok()?,
                    '!'..='~' => text.push(character),
                    _ if character.is_control() => return None,
                    _ if self.smtputf8 && !character.is_ascii() => text.push(character),
                    _ => write!(text, "\\x{{{:X}}}", u32::from(character)).ok()?,
                }
            }
        }
        (text.len() <= MAX_ORIGINAL_RECIPIENT).then_some(text)
    }
}

/// 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year.
const LAST_MOMENT: UnixTime = UnixTime(253_402_300_799);

/// What the message consists of, as far as the server is told. 8BITMIME promises nothing and allows everything but binary, so a
/// message that nobody has looked at counts as such.
fn body(envelope: &Envelope, offered: &Capabilities, chunking: bool) -> Result<Option<Body>, Withheld> {
    let needs_eight_bit = envelope.needs.map(|needs| needs.eight_bit || needs.utf8_header);
    let eight_bit = offered.eight_bit_mime.then_some(Body::EightBitMime);
    match (envelope.parameters.body, needs_eight_bit) {
        (Some(Body::BinaryMime), _) if chunking && offered.binary_mime => Ok(Some(Body::BinaryMime)),
        (Some(Body::BinaryMime), _) => Err(Withheld::Binary),
        (_, Some(true)) => eight_bit.map(Some).ok_or(Withheld::EightBit),
        (Some(Body::EightBitMime), None) => eight_bit.map(Some).ok_or(Withheld::EightBit),
        (Some(Body::EightBitMime), Some(false)) | (None, None) => Ok(eight_bit),
        (Some(Body::SevenBit), _) | (None, Some(false)) => Ok(None),
    }
}

/// Whether MAIL has SMTPUTF8 (RFC 6531 §3.4).
fn smtputf8(envelope: &Envelope, offered: &Capabilities) -> Result<bool, Withheld> {
    let is_ascii_from = match &envelope.from {
        ReversePath::Null => true,
        ReversePath::Mailbox(mailbox) => mailbox.local().is_ascii(),
    };
    let header = envelope.parameters.smtputf8 || envelope.needs.is_some_and(|needs| needs.utf8_header);
    match offered.smtputf8 {
        true => Ok(header || !is_ascii_from || envelope.recipients.iter().any(|recipient| !is_ascii(&recipient.to))),
        false if !is_ascii_from => Err(Withheld::Utf8Address),
        false if header => Err(Withheld::Utf8Header),
        // Recipients that need it are refused each for itself.
        false => Ok(false),
    }
}

fn is_ascii(to: &ForwardPath) -> bool {
    match to {
        ForwardPath::Postmaster => true,
        // Domains are in A-labels here.
        ForwardPath::Mailbox(mailbox) => mailbox.local().is_ascii(),
    }
}

fn host(to: &ForwardPath) -> Option<&Host> {
    match to {
        ForwardPath::Postmaster => None,
        ForwardPath::Mailbox(mailbox) => Some(mailbox.host()),
    }
}
