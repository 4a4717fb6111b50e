//! What is known of a message besides the message.

use std::net::IpAddr;

/// The envelope of a message and the session it came in, as far as they are known.
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
    /// it is not known, SPF checks HELO, and DMARC does not count that.
    pub mail_from: Option<String>,
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
}
