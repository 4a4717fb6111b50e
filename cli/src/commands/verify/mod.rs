//! `passerelle verify`

mod several;

use std::path::PathBuf;
use std::process::ExitCode;

use passerelle::Step;
use passerelle::dkim::VerifyPolicy;
use passerelle::message::{Header, HeaderReader};
use passerelle::verify::{Authenticated, Believed, DmarcMode, Envelope, Settings, Verification, Vouched};

use super::{EXIT_NO, EXIT_TEMPORARY, EXIT_YES};
use crate::args::{Standard, Verify};
use crate::failure::Failure;
use crate::files;
use crate::host::Host;
use crate::input::{self, Message, MessageReader};
use crate::output::color::Palette;
use crate::output::{human, print, print_json};

/// Octets of a message that are searched for the end of its header section when the envelope is to be found there.
const MAX_HEADER_FOR_ENVELOPE: usize = 1 << 20;

pub(crate) fn run(args: &Verify) -> Result<ExitCode, Failure> {
    if files::are_several(&args.messages) {
        return several::run(args, &mut Host::new(&args.world)?);
    }
    let path = input::named_or_piped(args.messages.first().map(PathBuf::as_path))?;
    let message = input::open(&path)?.message()?;
    let judged = judge(args, message, &mut Host::new(&args.world)?)?;
    match args.show.json {
        true => print_json(&judged.json)?,
        false => print(judged.report(Palette::new(args.show.color), args.show.verbose)?.as_bytes())?,
    }
    Ok(ExitCode::from(judged.exit_code()))
}

/// What came of a message.
struct Judged {
    json: String,
    authenticated: Authenticated,
    /// What the command did before the engine saw the message.
    notes: Vec<Step>,
    /// What is said of a message that this one carries.
    carried: Option<(String, String)>,
}

impl Judged {
    fn report(&self, palette: Palette, verbose: bool) -> Result<String, Failure> {
        let carried = self.carried.as_ref().map(|(what, why)| (what.as_str(), why.as_str()));
        human::verification(&self.json, self.authenticated, &self.notes, carried, palette, verbose)
    }

    fn exit_code(&self) -> u8 {
        match self.authenticated {
            Authenticated::Yes => EXIT_YES,
            Authenticated::No | Authenticated::Undecided => EXIT_NO,
            Authenticated::Temporarily => EXIT_TEMPORARY,
        }
    }
}

fn judge(args: &Verify, mut message: Message, host: &mut Host) -> Result<Judged, Failure> {
    let notes = message.notes();
    let carried = message.carried();
    let (head, header) = read_header(&mut message)?;
    let envelope = envelope(args, &header.finish());
    let dkim = VerifyPolicy::default().accept_body_length(args.accept_body_length);
    let dmarc = match args.dmarc {
        Standard::Rfc9989 => DmarcMode::Rfc9989,
        Standard::Rfc7489 => DmarcMode::Rfc7489,
        Standard::Both => DmarcMode::Both,
    };
    let settings = Settings::new(args.authserv_id.clone())
        .dkim(dkim)
        .dmarc(dmarc)
        .trusted_authserv_ids(args.trust_authserv_id.clone());
    let mut verification = Verification::new(&settings, &envelope, host.now());
    for note in &notes {
        verification.note(note.clone());
    }
    let report = host.run(verification, Some(message.into_chunks(head)))?;

    Ok(Judged { json: report.to_json(), authenticated: report.authenticated(), notes, carried })
}

/// The envelope of the command line, completed from the message as far as that is believed.
fn envelope(args: &Verify, header: &Header) -> Envelope {
    let mut envelope = Envelope::new();
    envelope.ip = args.ip;
    envelope.helo = args.helo.clone();
    envelope.mail_from = args.mail_from.clone();
    let mut believed = Believed::nothing();
    believed.received = match args.trust_received {
        None => Vouched::None,
        Some(None) => Vouched::Topmost,
        Some(Some(field)) => Vouched::Field(field),
    };
    believed.relays = args.trusted_relay.clone();
    envelope.completed_from(header, &believed)
}

/// Reads as far as the header section goes. The octets read come back with it, to be handed to the engine.
fn read_header<R: std::io::Read>(message: &mut MessageReader<R>) -> Result<(Vec<u8>, HeaderReader), Failure> {
    let mut reader = HeaderReader::new();
    let mut head = Vec::new();
    while !reader.is_complete() && head.len() < MAX_HEADER_FOR_ENVELOPE {
        let chunk = message.next_chunk().map_err(|e| Failure::new(format!("cannot read the message: {e}")))?;
        let Some(chunk) = chunk else { break };
        reader.push(&chunk);
        head.extend(chunk);
    }
    Ok((head, reader))
}
