//! The content of a message on its way: by DATA (RFC 5321 §4.1.1.4) or in chunks by BDAT (RFC 3030).

use super::closed::Stage;
use super::context::Context;
use super::needs::NeedsScanner;
use super::outcome::Withheld;
use super::plan::Plan;
use super::settings::Protocol;
use crate::limits::{MAX_CHUNKS_AHEAD, MAX_UNPOLLED_CONTENT};
use crate::smtp::data::{BdatEncoder, DataEncoder, LongLine, LongLines};
use crate::smtp::line::Irregularity;
use crate::smtp::parameters::Body;

/// The content of a message on its way.
#[derive(Debug)]
pub(super) struct Sending {
    form: Form,
    checks: Option<Checks>,
    /// Whether the host has said that this is all.
    is_complete: bool,
    /// Octets that the host has handed in.
    octets: u64,
}

#[derive(Debug)]
enum Form {
    Data(DataEncoder),
    Chunks(Chunks),
}

/// What is checked besides irregular octets, which the encoders check. A binary message has nothing to check.
#[derive(Debug)]
struct Checks {
    scanner: NeedsScanner,
    eight_bit: bool,
    long_lines: LongLines,
}

/// Content that is gathered into chunks.
#[derive(Debug)]
struct Chunks {
    encoder: BdatEncoder,
    size: usize,
    gathered: Vec<u8>,
    /// Octets at the front of `gathered` that have gone out.
    gone: usize,
}

impl Sending {
    pub(super) fn new(plan: &Plan, context: &Context) -> Self {
        let settings = &context.settings;
        let is_binary = plan.body == Some(Body::BinaryMime);
        let form = match plan.chunking {
            false => Form::Data(DataEncoder::new(settings.irregular)),
            true => Form::Chunks(Chunks {
                encoder: if is_binary { BdatEncoder::binary() } else { BdatEncoder::new(settings.irregular) },
                size: settings.chunk_size.max(1),
                gathered: Vec::new(),
                gone: 0,
            }),
        };
        let checks = (!is_binary).then(|| Checks {
            scanner: NeedsScanner::new(),
            eight_bit: plan.body == Some(Body::EightBitMime),
            long_lines: settings.long_lines,
        });
        Self { form, checks, is_complete: false, octets: 0 }
    }

    /// Whether the message ends with a sequence of octets, not by count: then, once begun, it can only be given up with the
    /// connection.
    pub(super) fn is_data(&self) -> bool {
        matches!(self.form, Form::Data(_))
    }

    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether the host may hand in more.
    pub(super) fn wants_more(&self, context: &Context) -> bool {
        let has_room = match &self.form {
            Form::Data(_) => true,
            Form::Chunks(chunks) => chunks.waiting() <= chunks.size,
        };
        !self.is_complete && has_room && context.unpolled() < MAX_UNPOLLED_CONTENT
    }

    /// Takes the next octets.
    ///
    /// # Errors
    /// Why the message must not be sent. It must not be ended then.
    pub(super) fn push(&mut self, context: &mut Context, octets: &[u8]) -> Result<(), Withheld> {
        if let Some(checks) = &mut self.checks {
            checks.push(octets)?;
        }
        self.octets += octets.len() as u64;
        match &mut self.form {
            Form::Data(encoder) => {
                let mut result = Ok(());
                context.send(|out| result = encoder.push(octets, out));
                result.map_err(Withheld::Irregular)
            }
            Form::Chunks(chunks) => chunks.push(context, octets).map_err(Withheld::Irregular),
        }
    }

    /// This is all. For DATA, writes the end; for chunks, [`go_on`](Self::go_on) does.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub(super) fn finish(&mut self, context: &mut Context) -> Result<(), Withheld> {
        self.is_complete = true;
        let mut result = Ok(());
        match &mut self.form {
            Form::Data(encoder) => {
                let octets = self.octets;
                context.trace_sent(|| format!("<{octets} octets> ."));
                context.send(|out| result = encoder.finish(out));
            }
            Form::Chunks(chunks) => result = chunks.encoder.finish(&mut chunks.gathered),
        }
        result.map_err(Withheld::Irregular)
    }

    /// What a trace shows of content by DATA that is never ended.
    pub(super) fn trace_broken_off(&self, context: &mut Context) {
        if let (Form::Data(_), octets @ 1..) = (&self.form, self.octets) {
            context.trace_event(|| format!("<{octets} octets>"));
        }
    }

    /// Writes what can be written now. Whether the end is out; no reply to it is asked for yet.
    pub(super) fn go_on(&mut self, context: &mut Context) -> bool {
        match &mut self.form {
            Form::Data(_) => self.is_complete,
            Form::Chunks(chunks) => {
                chunks.write_whole(context);
                let has_room = match context.settings.protocol {
                    Protocol::Smtp => has_room(context),
                    // How many replies there are to the last chunk depends on whether the others were accepted.
                    Protocol::Lmtp => context.unanswered() == 0,
                };
                let is_last = self.is_complete && chunks.waiting() <= chunks.size && has_room;
                if is_last {
                    chunks.write(context, chunks.waiting(), " LAST");
                }
                is_last
            }
        }
    }
}

impl Checks {
    fn push(&mut self, octets: &[u8]) -> Result<(), Withheld> {
        self.scanner.push(octets);
        let found = self.scanner.so_far();
        if found.eight_bit && !self.eight_bit {
            return Err(Withheld::EightBit);
        }
        match found.long_line(self.long_lines) {
            // How long it will be is not known, and how much of it is here depends on the chunks.
            Some(line) => {
                let octets = u64::try_from(line.longest).unwrap_or(u64::MAX).saturating_add(1);
                Err(Withheld::LineTooLong(LongLine { octets, is_whole: false, ..line }))
            }
            None => Ok(()),
        }
    }
}

impl Chunks {
    fn waiting(&self) -> usize {
        self.gathered.len() - self.gone
    }

    /// In pieces, so that a host which hands in everything at once does not have it in memory twice.
    fn push(&mut self, context: &mut Context, octets: &[u8]) -> Result<(), Irregularity> {
        for piece in octets.chunks(self.size) {
            self.encoder.push(piece, &mut self.gathered)?;
            self.write_whole(context);
        }
        Ok(())
    }

    /// Writes chunks of full size. One that could be the last is kept.
    fn write_whole(&mut self, context: &mut Context) {
        while self.waiting() > self.size && has_room(context) {
            self.write(context, self.size, "");
            context.expect(Stage::Content);
        }
    }

    fn write(&mut self, context: &mut Context, size: usize, last: &str) {
        let chunk = self.gathered.get(self.gone..).and_then(|waiting| waiting.get(..size)).unwrap_or_default();
        context.trace_sent(|| format!("BDAT {}{last}", chunk.len()));
        context.trace_sent(|| format!("<{} octets>", chunk.len()));
        context.send(|out| {
            out.extend_from_slice(format!("BDAT {}{last}\r\n", chunk.len()).as_bytes());
            out.extend_from_slice(chunk);
        });
        self.gone += size;
        // Moved to the front only when that is less than what has gone out since the last time.
        if self.gone >= self.waiting() {
            self.gathered.drain(..self.gone);
            self.gone = 0;
        }
    }
}

/// Whether one more chunk may go out.
fn has_room(context: &Context) -> bool {
    context.unanswered() < if context.may_pipeline() { MAX_CHUNKS_AHEAD } else { 1 }
}
