//! The replies of decisions: one table, which the gateway uses too.
//!
//! What is not in it and did not come from a next hop is 4yz.

use std::borrow::Cow;

use serde::Serialize;

use crate::smtp::{self, EnhancedCode};

/// A reply: a code, an enhanced status code and a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct Reply {
    /// The code (RFC 5321 §4.2).
    pub code: u16,
    /// The enhanced status code (RFC 3463).
    pub enhanced: EnhancedCode,
    /// The text, of one line.
    pub text: Cow<'static, str>,
}

impl Reply {
    /// A reply; control characters in the text become spaces.
    pub fn new(code: u16, enhanced: EnhancedCode, text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        let text = match text.chars().any(char::is_control) {
            true => text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().into(),
            false => text,
        };
        Self { code, enhanced, text }
    }

    /// Reads `550 5.7.1 text`; without an enhanced status code it is 5.7.1 or 4.7.1.
    ///
    /// # Errors
    /// What is wrong, and the form to use.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "write a refusal as 550 5.7.1 and a text";
        let text = text.trim();
        let (code, rest) = text.split_once(' ').unwrap_or((text, ""));
        let code = match code.parse::<u16>() {
            Ok(code @ 400..=599) if code % 100 <= 59 => code,
            _ => return Err(format!("this does not begin with a code from 400 to 559: {form}")),
        };
        let rest = rest.trim_start();
        let class = (code / 100) as u8; // 4 or 5
        let (enhanced, rest) = match EnhancedCode::parse_prefix(rest.as_bytes()) {
            Some((enhanced, _)) if enhanced.class != class => {
                return Err(format!("{code} and {enhanced} are of different classes: {form}"));
            }
            Some((enhanced, length)) => (enhanced, rest.get(length..).unwrap_or_default().trim_start()),
            None => (EnhancedCode::new(class, 7, 1), rest),
        };
        if rest.chars().any(char::is_control) {
            return Err(format!("a reply has no control characters: {form}"));
        }
        let text = if rest.is_empty() {
            Cow::Borrowed("Refused by a rule of this organisation")
        } else {
            rest.to_owned().into()
        };
        Ok(Self { code, enhanced, text })
    }

    /// Whether the same may be tried again.
    pub fn is_temporary(&self) -> bool {
        self.code / 100 == 4
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.code, self.enhanced, self.text)
    }
}

impl From<&Reply> for smtp::Reply {
    fn from(reply: &Reply) -> Self {
        Self::new(reply.code, Some(reply.enhanced), &reply.text)
    }
}

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident: $code:literal, ($class:literal, $subject:literal, $detail:literal), $text:literal;)*) => {
        /// Why a message, or one of its recipients, is not taken or not sent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The reply, with the table's own text.
            pub fn reply(self) -> Reply {
                match self { $(Self::$name => Reply::new($code, EnhancedCode::new($class, $subject, $detail), $text),)* }
            }
        }
    };
}

table! {
    /// AUTH is missing.
    AuthenticationRequired: 530, (5, 7, 0), "Authentication required";
    /// TLS is missing.
    TlsRequired: 530, (5, 7, 0), "Must issue a STARTTLS command first";
    /// The client is nobody's.
    Stranger: 550, (5, 7, 1), "Relaying denied";
    /// The client is listed, and the sender is foreign to us.
    ForeignSender: 550, (5, 7, 1), "Sender is not of a domain of this organisation";
    /// The null sender, without what it needs.
    NullSender: 550, (5, 7, 1), "The null sender needs AUTH, or an EHLO name of this organisation from a listed address";
    /// The proof of the tenant is missing or wrong.
    TenantUnproven: 550, (5, 7, 1), "Nothing proves that this message is of this organisation";
    /// The account may not use the sender.
    SenderNotRegistered: 553, (5, 7, 1), "Sender is not registered for this account";
    /// The recipient's domain does not exist.
    NoSuchDomain: 550, (5, 1, 2), "The recipient's domain does not exist or takes no mail";
    /// The recipient's domain has a null MX (RFC 7505 §4.2).
    NullMx: 556, (5, 1, 10), "The recipient's domain does not accept mail";
    /// The only hosts for the recipient's domain are ourselves.
    OnlyOurselves: 554, (5, 4, 6), "Mail for the recipient's domain would come back to this host";
    /// No host can be found that keeps what REQUIRETLS asks (RFC 8689 §5).
    RequireTls: 550, (5, 7, 30), "REQUIRETLS support required";
    /// A rule rejects it.
    RejectedByRule: 550, (5, 7, 1), "Refused by a rule of this organisation";
    /// It is too large for every host.
    TooLarge: 552, (5, 3, 4), "The message is too large for every next host";
    /// A quota is used up.
    QuotaExceeded: 452, (4, 7, 1), "The quota is used up; try again later";
    /// A list or a quota was not answered.
    NotAnswered: 451, (4, 3, 0), "A list that decides about this message did not answer; try again later";
    /// The DNS failed.
    Dns: 451, (4, 4, 3), "The DNS did not answer; try again later";
    /// No host could be connected to.
    NoConnection: 451, (4, 4, 1), "No next host answers; try again later";
    /// TLS was demanded and not had.
    Tls: 451, (4, 7, 5), "The next host does not offer the TLS that is demanded; try again later";
    /// TLS was demanded and not had, and the route bounces then.
    TlsBounce: 550, (5, 7, 5), "The next host does not offer the TLS that is demanded";
    /// It is for recipients of one group at a time.
    OtherGroup: 452, (4, 5, 3), "This recipient goes another way; send to it in a transaction of its own";
    /// A copy that has to be taken first was not.
    CopyNotTaken: 451, (4, 3, 0), "The archive has not taken its copy; try again later";
    /// The message has passed through here, or through too many hosts.
    Loop: 554, (5, 4, 6), "The message is in a loop: it has passed too many hosts, or this one before";
    /// The next host may have the message, and has not said so.
    Unconfirmed: 451, (4, 4, 2), "The next host has not confirmed the message; try again later";
    /// It was not done in time.
    TooLate: 451, (4, 4, 7), "The message could not be passed on in time; try again later";
    /// Its header section can't be read with certainty, or nothing can be put in front of it.
    HeaderUnreadable: 550, (5, 6, 0), "The message's header section is malformed";
    /// What held the message has lost it, or what should keep it has not.
    Storage: 451, (4, 3, 0), "The message could not be kept; try again later";
    /// The time or the memory for this message is used up.
    Budget: 452, (4, 3, 1), "Not enough resources for this message; try again later";
    /// A next host does not take our credentials (its 535), or could not be shown them.
    HopAuthentication: 451, (4, 7, 0), "The next host does not take the gateway's credentials; try again later";
    /// A next host lacks DSN, which its route is said to have.
    NoDsn: 451, (4, 3, 3), "The next host does not offer delivery status notifications; try again later";
    /// No host takes all recipients of a message that can only go to all of them or to none.
    Divided: 451, (4, 5, 0), "No next host takes all recipients together; try again with fewer";
    /// It has 8-bit content, and no host takes that.
    EightBit: 550, (5, 6, 3), "The message has 8-bit content, which no next host takes";
    /// It needs SMTPUTF8, and no host offers that.
    Utf8: 550, (5, 6, 7), "The message needs SMTPUTF8, which no next host offers";
    /// There is no place for another message.
    NoPlace: 451, (4, 3, 2), "No place for another message; try again later";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_enhanced_code_is_of_its_codes_class_and_nothing_else_is_permanent() {
        for reason in Reason::ALL {
            let reply = reason.reply();
            assert_eq!(u16::from(reply.enhanced.class), reply.code / 100, "{reason:?}");
            assert!(reply.text.is_ascii() && !reply.text.is_empty());
        }
    }

    #[test]
    fn a_rules_own_reply_is_read_as_it_is_written() {
        let reply = Reply::parse("554 5.7.0 No such thing here").unwrap();
        assert_eq!(reply.to_string(), "554 5.7.0 No such thing here");
        assert_eq!(Reply::parse("550 Go away").unwrap().to_string(), "550 5.7.1 Go away");
        assert_eq!(Reply::parse("450").unwrap().enhanced, EnhancedCode::new(4, 7, 1));
        for wrong in ["", "250 2.0.0 fine", "550 4.7.1 mixed", "5500 x", "go away", "550 5.7.1 a\rb", "599 x"] {
            assert!(Reply::parse(wrong).is_err(), "{wrong}");
        }
    }
}
