//! The client's half: a message becomes what goes over the wire.

#[cfg(test)]
mod proof;

use super::scan::plain_run;
use crate::smtp::line::Irregularity;

/// What is done about bare CR and bare LF in a message that is sent. A NUL is always refused: nothing can stand for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EncodePolicy {
    /// The message is not sent.
    #[default]
    Refuse,
    /// Each becomes a CRLF. That changes the message, and a signature over it does not verify any more.
    Repair,
}

/// Encodes one message for DATA: doubles the dot at the start of a line and adds the end (RFC 5321 §4.5.2).
///
/// On the wire there are no line ends but CRLF, no NUL, and no line that begins with one dot, except for the end of the data.
/// So even a receiver that takes other sequences for line ends, or that drops octets, finds no end before it.
#[derive(Clone, Debug)]
pub struct DataEncoder {
    inner: Encoder,
}

impl DataEncoder {
    /// An encoder for one message.
    pub fn new(policy: EncodePolicy) -> Self {
        Self { inner: Encoder::new(policy, true) }
    }

    /// Appends the next octets of the message to `out`, encoded.
    ///
    /// # Errors
    /// The first irregular octet that the policy refuses; `out` has what stands before it. The message can't be ended then, and
    /// every further call says the same and appends nothing: the connection is to be dropped.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Irregularity> {
        self.inner.push(octets, out)
    }

    /// Ends the message: a CRLF where the last line has none, and the dot on its own line.
    ///
    /// # Errors
    /// As [`push`](Self::push): a CR that was last is a bare one.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Irregularity> {
        self.inner.finish(out)?;
        out.extend_from_slice(b".\r\n");
        Ok(())
    }
}

/// Prepares one message for BDAT, in which dots are not doubled and the end is not marked (RFC 3030 §2).
#[derive(Clone, Debug)]
pub struct BdatEncoder {
    /// `None` for binary content.
    inner: Option<Encoder>,
}

impl BdatEncoder {
    /// For a message of lines (`BODY=7BIT`, `BODY=8BITMIME`).
    pub fn new(policy: EncodePolicy) -> Self {
        Self { inner: Some(Encoder::new(policy, false)) }
    }

    /// For `BODY=BINARYMIME`, in which any octet may stand anywhere: nothing is changed.
    pub fn binary() -> Self {
        Self { inner: None }
    }

    /// Appends the next octets of the message to `out`. How many octets of `out` go into one chunk is the caller's choice.
    ///
    /// # Errors
    /// The first irregular octet that the policy refuses, as with [`DataEncoder::push`].
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) -> Result<(), Irregularity> {
        match &mut self.inner {
            Some(encoder) => encoder.push(octets, out),
            None => {
                out.extend_from_slice(octets);
                Ok(())
            }
        }
    }

    /// Ends the message: a CRLF where the last line of a message of lines has none, so that it is the same as by DATA.
    ///
    /// # Errors
    /// As [`push`](Self::push): a CR that was last is a bare one.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Irregularity> {
        self.inner.as_mut().map_or(Ok(()), |encoder| encoder.finish(out))
    }
}

/// Makes sure of line ends, and doubles dots where wanted.
#[derive(Clone, Debug)]
struct Encoder {
    policy: EncodePolicy,
    doubles_dots: bool,
    place: Place,
    refused: Option<Irregularity>,
}

/// What stands before the next octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A CRLF, or nothing at all.
    LineStart,
    /// Content of a line.
    Line,
    /// A CR that has not been written: what it is depends on the next octet.
    Cr,
}

impl Encoder {
    fn new(policy: EncodePolicy, doubles_dots: bool) -> Self {
        Self { policy, doubles_dots, place: Place::LineStart, refused: None }
    }

    fn push(&mut self, mut octets: &[u8], out: &mut Vec<u8>) -> Result<(), Irregularity> {
        self.refused.map_or(Ok(()), Err)?;
        while let Some((&first, behind)) = octets.split_first() {
            match (self.place, first) {
                (Place::Cr, b'\n') => {
                    self.end_line(out);
                    octets = behind;
                }
                (Place::Cr, _) => self.irregular(Irregularity::BareCr, out)?,
                (Place::LineStart, b'.') => {
                    out.extend_from_slice(if self.doubles_dots { b".." } else { b"." });
                    self.place = Place::Line;
                    octets = behind;
                }
                (Place::LineStart | Place::Line, _) => octets = self.push_run(octets, out)?,
            }
        }
        Ok(())
    }

    /// Writes octets up to the next that needs a decision, decides about that one unless it depends on what follows, and gives
    /// the rest.
    fn push_run<'a>(&mut self, octets: &'a [u8], out: &mut Vec<u8>) -> Result<&'a [u8], Irregularity> {
        let (run, rest) = octets.split_at(plain_run(octets));
        if !run.is_empty() {
            out.extend_from_slice(run);
            self.place = if run.ends_with(b"\r\n") { Place::LineStart } else { Place::Line };
        }
        let Some((&first, behind)) = rest.split_first() else { return Ok(rest) };
        match first {
            b'\r' => self.place = Place::Cr,
            b'\n' => self.irregular(Irregularity::BareLf, out)?,
            0 => self.irregular(Irregularity::Nul, out)?,
            _ => return Ok(rest), // the dot at the start of a line
        }
        Ok(behind)
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Irregularity> {
        self.refused.map_or(Ok(()), Err)?;
        match self.place {
            Place::Cr => self.irregular(Irregularity::BareCr, out),
            Place::Line => {
                self.end_line(out);
                Ok(())
            }
            Place::LineStart => Ok(()),
        }
    }

    fn irregular(&mut self, irregularity: Irregularity, out: &mut Vec<u8>) -> Result<(), Irregularity> {
        if self.policy == EncodePolicy::Refuse || irregularity == Irregularity::Nul {
            self.refused = Some(irregularity);
            return Err(irregularity);
        }
        self.end_line(out);
        Ok(())
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        self.place = Place::LineStart;
    }
}
