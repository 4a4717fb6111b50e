//! What is known of a message besides the message, and on whose word.

use std::net::IpAddr;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::limits::{MAX_SPF_HELO, MAX_SPF_SENDER};
use crate::message::Header;
use crate::text::end_before;

use super::derived::{self, Believed, Derived};

/// The envelope of a message and the session it came in, as far as they are known.
///
/// What the host gives is believed. What the message's own trace fields say ([`completed_from`](Self::completed_from)) is
/// not, unless the host vouches for the field: whoever wrote the message can have written that. Such an envelope is shown,
/// and SPF of it too, but DMARC does not count it, and it does not stand in Authentication-Results.
///
/// ```
/// use passerelle::verify::Envelope;
///
/// let envelope = Envelope::new()
///     .ip("192.0.2.25".parse()?)
///     .helo("mx1.harbour.example")
///     .mail_from("bounces@harbour.example");
/// assert_eq!(envelope.mail_from.as_deref(), Some("bounces@harbour.example"));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The client's address. Without it neither SPF nor iprev can be checked.
    pub ip: Option<IpAddr>,
    /// The argument of HELO or EHLO.
    pub helo: Option<String>,
    /// The reverse-path, with or without its angle brackets; `Some` of the empty string is the null reverse-path. Where
    /// it is not known, SPF checks HELO, and DMARC does not count that. What is no valid path counts as no domain.
    pub mail_from: Option<String>,
    /// What was taken from the message.
    pub(super) derived: Option<Box<Derived>>,
}

/// Where a part of an envelope comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// The host said so.
    Given,
    /// A `Received` field of the message.
    Received,
    /// A `Return-Path` field of the message.
    ReturnPath,
}

impl Envelope {
    /// An envelope of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the client's address.
    #[must_use]
    pub fn ip(self, ip: IpAddr) -> Self {
        Self { ip: Some(ip), ..self }
    }

    /// Sets the argument of HELO or EHLO.
    #[must_use]
    pub fn helo(self, helo: impl Into<String>) -> Self {
        Self { helo: Some(helo.into()), ..self }
    }

    /// Sets the reverse-path; the empty one is `<>`.
    #[must_use]
    pub fn mail_from(self, mail_from: impl Into<String>) -> Self {
        Self { mail_from: Some(mail_from.into()), ..self }
    }

    /// Fills in what is not known yet from the message's own `Received` and `Return-Path` fields. It is told apart from
    /// what was given, and counts only where `believed` vouches for it.
    ///
    /// The client is that of the topmost `Received` field that has one, those from internal addresses and from the
    /// host's own relays aside. Where the address was given, it is the field with that address, if there is one.
    ///
    /// ```
    /// use passerelle::message::Header;
    /// use passerelle::verify::{Believed, Envelope};
    ///
    /// let (header, _body) = Header::split(
    ///     b"Return-Path: <ann@example.com>\r\n\
    ///       Received: from localhost (localhost [127.0.0.1]) by mx.example.net\r\n\
    ///       Received: from mail.example.com (mail.example.com [192.0.2.1]) by mx.example.net\r\n\r\n",
    /// );
    /// let envelope = Envelope::new().completed_from(&header, &Believed::nothing());
    /// assert_eq!(envelope.helo.as_deref(), Some("mail.example.com"));
    /// assert_eq!((envelope.received_field(), envelope.is_trusted()), (Some(2), false));
    /// ```
    #[must_use]
    pub fn completed_from(self, header: &Header, believed: &Believed) -> Self {
        derived::complete(self, header, believed)
    }

    /// Where the address comes from; `None` where it is not known.
    pub fn ip_source(&self) -> Option<Source> {
        let ip = self.ip?;
        Some(self.source(Source::Received, |derived| derived.ip == Some(ip)))
    }

    /// Where the HELO name comes from; `None` where it is not known.
    pub fn helo_source(&self) -> Option<Source> {
        self.helo.as_ref()?;
        Some(self.source(Source::Received, |derived| derived.helo.is_some() && derived.helo == self.helo))
    }

    /// Where the reverse-path comes from; `None` where it is not known.
    pub fn mail_from_source(&self) -> Option<Source> {
        self.mail_from.as_ref()?;
        let is_derived = |derived: &Derived| derived.mail_from.is_some() && derived.mail_from == self.mail_from;
        Some(self.source(Source::ReturnPath, is_derived))
    }

    fn source(&self, derived: Source, is_derived: impl Fn(&Derived) -> bool) -> Source {
        if self.derived.as_deref().is_some_and(is_derived) { derived } else { Source::Given }
    }

    /// Which `Received` field the client was taken from, counted from the top, from 1.
    pub fn received_field(&self) -> Option<usize> {
        let sources = [self.ip_source(), self.helo_source()];
        self.derived.as_ref().filter(|_| sources.contains(&Some(Source::Received)))?.received_field
    }

    /// Whether all that is known of the envelope is the host's word: given by it, or taken from a field that it vouches
    /// for. An envelope of which nothing is known is nobody's.
    pub fn is_trusted(&self) -> bool {
        let sources = [self.ip_source(), self.helo_source(), self.mail_from_source()];
        sources.iter().any(Option::is_some) && !sources.into_iter().any(|source| self.is_doubtful(source))
    }

    /// Whether a part from this source proves nothing.
    pub(super) fn is_doubtful(&self, source: Option<Source>) -> bool {
        let vouched = self.derived.as_ref().is_some_and(|derived| derived.is_vouched_for);
        matches!(source, Some(Source::Received | Source::ReturnPath)) && !vouched
    }

    /// The reverse-path without its angle brackets.
    pub(super) fn path(&self) -> Option<&str> {
        let path = self.mail_from.as_deref()?.trim();
        Some(path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap_or(path))
    }
}

/// The report's `envelope`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown(pub(super) Envelope);

#[derive(Serialize)]
struct Part<T> {
    value: T,
    source: Source,
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn part<T>(value: Option<T>, source: Option<Source>) -> Option<Part<T>> {
            value.zip(source).map(|(value, source)| Part { value, source })
        }
        let Self(envelope) = self;
        let helo = envelope.helo.as_deref().map(|helo| start(helo, MAX_SPF_HELO));
        let path = envelope.path().map(|path| start(path, MAX_SPF_SENDER));
        let field = envelope.received_field();
        let mut shown = serializer.serialize_struct("Envelope", 4 + usize::from(field.is_some()))?;
        shown.serialize_field("ip", &part(envelope.ip, envelope.ip_source()))?;
        shown.serialize_field("helo", &part(helo, envelope.helo_source()))?;
        shown.serialize_field("mail_from", &part(path, envelope.mail_from_source()))?;
        if let Some(field) = field {
            shown.serialize_field("received_field", &field)?;
        }
        shown.serialize_field("trusted", &envelope.is_trusted())?;
        shown.end()
    }
}

/// At most the first octets, whole characters.
pub(super) fn start(text: &str, octets: usize) -> &str {
    &text[..end_before(text, octets)]
}
