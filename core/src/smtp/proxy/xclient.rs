//! XCLIENT: a trusted client says for whom it speaks (Postfix, XCLIENT_README).

use std::net::IpAddr;

use crate::domain::Domain;
use crate::limits;

/// What XCLIENT told of the real client. What is `None` was not told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xclient {
    /// `NAME`: the client's host name, as its address was looked up.
    pub name: Option<Told<Domain>>,
    /// `ADDR`: its address.
    pub address: Option<Told<IpAddr>>,
    /// `PORT`: its port.
    pub port: Option<Told<u16>>,
    /// `PROTO`: how it speaks.
    pub protocol: Option<XclientProtocol>,
    /// `HELO`: what it said in EHLO or HELO.
    pub helo: Option<Told<String>>,
    /// `LOGIN`: as whom it is authenticated.
    pub login: Option<Told<String>>,
    /// `DESTADDR`: the address it connected to.
    pub destination_address: Option<Told<IpAddr>>,
    /// `DESTPORT`: the port it connected to.
    pub destination_port: Option<Told<u16>>,
}

/// A value, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told<T> {
    /// The value.
    Value(T),
    /// `[UNAVAILABLE]`: there is none.
    Unavailable,
    /// `[TEMPUNAVAIL]`: looking the name up failed for now.
    TemporarilyUnavailable,
}

/// How the real client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XclientProtocol {
    /// It said HELO.
    Smtp,
    /// It said EHLO.
    Esmtp,
}

/// Why an XCLIENT command was not understood (501).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XclientError {
    /// An attribute that we do not know.
    #[error("the XCLIENT attribute {0} is not known")]
    Unknown(String),
    /// An attribute that came twice.
    #[error("the XCLIENT attribute {0} comes twice")]
    Twice(&'static str),
    /// A value that is none for its attribute.
    #[error("the value of the XCLIENT attribute {0} is malformed")]
    Value(&'static str),
}

impl Xclient {
    /// The attributes, for a server's EHLO reply.
    pub const ATTRIBUTES: [&str; 8] = ["NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT"];

    /// Reads the attributes of one command: names in any case, and values with their xtext decoded.
    pub fn parse(attributes: &[(String, String)]) -> Result<Self, XclientError> {
        let mut told = Self::default();
        for (name, value) in attributes {
            let name =
                Self::ATTRIBUTES.into_iter().find(|known| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
                    XclientError::Unknown(
                        name.chars().filter(|c| !c.is_control()).take(limits::MAX_OFFERED_NAME).collect(),
                    )
                })?;
            told.add(name, value)?;
        }
        Ok(told)
    }

    /// Takes over what a later command told; what it did not tell stays. A client splits long values over several
    /// commands.
    pub fn merge(&mut self, later: Self) {
        fn take<T>(to: &mut Option<T>, from: Option<T>) {
            if from.is_some() {
                *to = from;
            }
        }
        take(&mut self.name, later.name);
        take(&mut self.address, later.address);
        take(&mut self.port, later.port);
        take(&mut self.protocol, later.protocol);
        take(&mut self.helo, later.helo);
        take(&mut self.login, later.login);
        take(&mut self.destination_address, later.destination_address);
        take(&mut self.destination_port, later.destination_port);
    }

    fn add(&mut self, name: &'static str, value: &str) -> Result<(), XclientError> {
        fn set<T>(to: &mut Option<T>, name: &'static str, value: Option<T>) -> Result<(), XclientError> {
            let value = value.ok_or(XclientError::Value(name))?;
            if to.replace(value).is_some() { Err(XclientError::Twice(name)) } else { Ok(()) }
        }
        if value.is_empty() || value.len() > limits::MAX_XCLIENT_VALUE || value.contains(char::is_control) {
            return Err(XclientError::Value(name));
        }
        match name {
            "NAME" => {
                // Only a name can be missing for now: its look-up can be tried again.
                let later = value.eq_ignore_ascii_case("[TEMPUNAVAIL]").then_some(Told::TemporarilyUnavailable);
                set(&mut self.name, name, later.or_else(|| Told::read(value, |name| Domain::parse(name).ok())))
            }
            "ADDR" => set(&mut self.address, name, Told::read(value, address)),
            "PORT" => set(&mut self.port, name, Told::read(value, port)),
            "PROTO" => {
                let protocols = [("SMTP", XclientProtocol::Smtp), ("ESMTP", XclientProtocol::Esmtp)];
                let known = protocols.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(value));
                set(&mut self.protocol, name, known.map(|(_, protocol)| protocol))
            }
            "HELO" => set(&mut self.helo, name, Told::read(value, |helo| Some(helo.to_owned()))),
            "LOGIN" => set(&mut self.login, name, Told::read(value, |login| Some(login.to_owned()))),
            "DESTADDR" => set(&mut self.destination_address, name, Told::read(value, address)),
            "DESTPORT" => set(&mut self.destination_port, name, Told::read(value, port)),
            other => Err(XclientError::Unknown(other.to_owned())),
        }
    }
}

impl<T> Told<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Unavailable | Self::TemporarilyUnavailable => None,
        }
    }

    fn read(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Self> {
        if text.eq_ignore_ascii_case("[UNAVAILABLE]") { Some(Self::Unavailable) } else { read(text).map(Self::Value) }
    }
}

/// An IPv4 address, or `IPV6:` and an IPv6 address; without brackets.
fn address(text: &str) -> Option<IpAddr> {
    match text.split_at_checked("IPV6:".len()) {
        Some((prefix, ipv6)) if prefix.eq_ignore_ascii_case("IPV6:") => {
            ipv6.parse().ok().map(|ip| IpAddr::V6(ip).to_canonical())
        }
        _ => text.parse().ok().map(IpAddr::V4),
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| text.bytes().all(|octet| octet.is_ascii_digit()))
}
