//! What is asked of SPF.

use std::net::IpAddr;

use serde::{Serialize, Serializer};

use super::check_host::Walk;
use super::verdict::Verdict;
use crate::domain::Domain;
use crate::evaluate::Evaluate;
use crate::limits::{MAX_SPF_HELO, MAX_SPF_SENDER, MAX_SPF_VOID_LOOKUPS};
use crate::lookup::{Answers, Pending};
use crate::setters::setters;
use crate::text::end_before;
use crate::time::UnixTime;

/// Which name of the client is checked (RFC 7208 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The argument of HELO or EHLO (RFC 7208 §2.3).
    Helo,
    /// The reverse-path (RFC 7208 §2.4).
    MailFrom,
}

impl Identity {
    /// The RFC's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Helo => "helo",
            Self::MailFrom => "mailfrom",
        }
    }
}

impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An SMTP client and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The client's address. An IPv4-mapped one is taken for the IPv4 address in it (RFC 7208 §5).
    pub ip: IpAddr,
    /// The argument of HELO or EHLO, as it came.
    pub helo: String,
    /// The reverse-path, with angle brackets or without; empty (or `<>`) is the null one.
    pub mail_from: String,
    /// The receiving host: `%{r}` in explanations and `receiver=` in Received-SPF.
    pub receiver: Option<Domain>,
    /// The time, for `%{t}` in explanations.
    pub unix: UnixTime,
}

impl Request {
    /// A request without a receiver's name and without the time.
    pub fn new(ip: IpAddr, helo: impl Into<String>, mail_from: impl Into<String>) -> Self {
        Self { ip, helo: helo.into(), mail_from: mail_from.into(), receiver: None, unix: UnixTime::default() }
    }

    setters! {
        helo: String,
        mail_from: String,
        receiver: Option<Domain>,
        unix: UnixTime,
    }

    /// Whether the reverse-path is the null one, so that HELO is what there is to check (RFC 7208 §2.4).
    pub fn is_null_reverse_path(&self) -> bool {
        self.reverse_path().is_empty()
    }

    /// The reverse-path without angle brackets.
    pub(super) fn reverse_path(&self) -> &str {
        let path = self.mail_from.trim();
        path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap_or(path)
    }
}

/// The function `check_host()` of RFC 7208 §4 for one identity of one client.
#[derive(Clone, Debug)]
pub struct CheckHost {
    pub(super) identity: Identity,
    /// Never an IPv4-mapped address.
    pub(super) ip: IpAddr,
    /// In A-labels if it is a domain; cut to [`MAX_SPF_HELO`].
    pub(super) helo: String,
    pub(super) local_part: String,
    /// The domain to check, or why there is none.
    pub(super) domain: Result<Domain, String>,
    pub(super) domain_text: String,
    pub(super) receiver: Option<Domain>,
    pub(super) unix: UnixTime,
    pub(super) void_limit: u32,
    with_trail: bool,
}

impl CheckHost {
    /// Checks the reverse-path; where that is the null one, `postmaster` at the HELO name (RFC 7208 §2.4).
    pub fn mail_from(request: &Request) -> Self {
        let path = request.reverse_path();
        if path.is_empty() {
            return Self::new(request, Identity::MailFrom, "", &request.helo);
        }
        let (local_part, domain) = path.rsplit_once('@').unwrap_or(("", path));
        Self::new(request, Identity::MailFrom, local_part, domain)
    }

    /// Checks the HELO name (RFC 7208 §2.3).
    pub fn helo(request: &Request) -> Self {
        Self::new(request, Identity::Helo, "", &request.helo)
    }

    fn new(request: &Request, identity: Identity, local_part: &str, domain: &str) -> Self {
        let too_long = local_part.len() + domain.len() >= MAX_SPF_SENDER;
        let checked = match Domain::parse(domain) {
            _ if too_long => Err("the identity is too long to be checked".to_owned()),
            Err(error) => Err(error.to_string()),
            // RFC 7208 §4.3
            Ok(domain) if domain.is_single_label() => Err("the domain name has only one label".to_owned()),
            Ok(domain) => Ok(domain),
        };
        let domain_text = match &checked {
            Ok(domain) => domain.to_string(),
            Err(_) => start(domain, MAX_SPF_HELO).to_owned(),
        };
        let helo = match Domain::parse(&request.helo) {
            // RFC 8616 §4: macros get A-labels.
            Ok(domain) if !request.helo.is_ascii() => domain.to_string(),
            _ => start(&request.helo, MAX_SPF_HELO).to_owned(),
        };
        Self {
            identity,
            ip: request.ip.to_canonical(),
            helo,
            // RFC 7208 §4.3: a sender without a local part is postmaster.
            local_part: if local_part.is_empty() || too_long { "postmaster".to_owned() } else { local_part.to_owned() },
            domain: checked,
            domain_text,
            receiver: request.receiver.clone(),
            unix: request.unix,
            void_limit: MAX_SPF_VOID_LOOKUPS,
            with_trail: true,
        }
    }

    /// The identity that is checked.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The domain that is checked, if there is one.
    pub fn domain(&self) -> Option<&Domain> {
        self.domain.as_ref().ok()
    }

    /// Sets how many terms may find nothing in the DNS before the result is permerror; 2 unless set
    /// (RFC 7208 §4.6.4).
    #[must_use]
    pub fn void_limit(mut self, limit: u32) -> Self {
        self.void_limit = limit;
        self
    }

    /// Leaves the trail empty, which saves a second pass over the records.
    #[must_use]
    pub fn without_trail(mut self) -> Self {
        self.with_trail = false;
        self
    }
}

impl Evaluate for CheckHost {
    type Verdict = Verdict;

    fn evaluate(&self, answers: &mut Answers) -> Result<Verdict, Pending> {
        // The runs that end for want of an answer write no trail; once nothing is wanting, one more run writes it.
        // It tells why as well, which costs more than to find out what.
        let walk = Walk::new(self, answers);
        let (verdict, has_more_to_tell) = walk.verdict()?;
        if !self.with_trail && !has_more_to_tell {
            return Ok(verdict);
        }
        Walk::new(self, answers).telling(self.with_trail).verdict().map(|(verdict, _)| verdict)
    }
}

/// At most the first `length` octets, whole characters.
pub(super) fn start(text: &str, length: usize) -> &str {
    &text[..end_before(text, length)]
}
