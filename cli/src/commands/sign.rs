//! `passerelle sign`

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use passerelle::crypto::SigningKey;
use passerelle::dkim::{Canonicalization, Examination, Finding, Severity, SignError, Signer, Signing};
use passerelle::message::HeaderReader;
use passerelle::{Domain, UnixTime};

use super::EXIT_YES;
use crate::args::Sign;
use crate::failure::Failure;
use crate::host::unix_time;
use crate::input::{self, MessageReader};
use crate::output::{print, tell};

/// Octets that a header section to be signed may have: it is held in memory, unlike the body.
const MAX_HEADER: usize = 16 << 20;

/// Signatures go in front of what they sign, so the message is read twice: to sign it, and to print it behind them.
pub(crate) fn run(args: &Sign) -> Result<ExitCode, Failure> {
    let signers = signers(args)?;
    let now = unix_time(args.now)?;
    let path = input::named_or_piped(args.message.as_deref())?;
    let mut source = open_rewindable(&path)?;

    let mut reader = MessageReader::new(&mut source, &path)?.message()?;
    for note in reader.notes() {
        tell::note(&format!("{}: {}", note.outcome, note.why));
    }
    let mut counting = Counting::default();
    let (signatures, findings) = sign(&mut reader, &signers, now, &mut counting)?;
    judge(&findings, args.force)?;

    source.rewind().map_err(|error| Failure::file("read again", &path, &error))?;
    let mut reader = MessageReader::new(&mut source, &path)?;
    print(&signatures)?;
    let mut printed = Counting::default();
    while let Some(chunk) = printed.next(&mut reader)? {
        print(&chunk)?;
    }
    match printed.octets == counting.octets {
        true => Ok(ExitCode::from(EXIT_YES)),
        false => Err(Failure::new("the file changed while it was being signed; what was printed will not verify")),
    }
}

/// A signer for each domain, with its keys. Signatures keep the order of the command line within a domain.
fn signers(args: &Sign) -> Result<Vec<Arc<Signer>>, Failure> {
    let (keys, selectors, domains) = (args.key.len(), args.selector.len(), args.domain.len());
    if keys != selectors || (domains != 1 && domains != keys) {
        return Err(Failure::new(format!(
            "there are {keys} --key, {selectors} --selector and {domains} --domain; \
             each key needs its selector, and there must be one domain for all or one for each"
        )));
    }
    let mut signers: Vec<(Domain, Signer)> = Vec::new();
    for (index, (path, selector)) in args.key.iter().zip(&args.selector).enumerate() {
        let domain = args.domain.get(index).or(args.domain.first()).map_or("", String::as_str);
        let domain =
            Domain::parse(domain).map_err(|e| Failure::new(format!("the domain '{domain}' cannot be used: {e}")))?;
        let place = signers.iter().position(|(known, _)| *known == domain);
        let signer = match place {
            Some(place) => signers.remove(place).1,
            None => configured(args, &domain)?,
        };
        let signer = signer.key(selector, read_key(path)?).map_err(|e| refused(&e))?;
        signers.insert(place.unwrap_or(signers.len()), (domain, signer));
    }
    Ok(signers.into_iter().map(|(_, signer)| Arc::new(signer)).collect())
}

fn configured(args: &Sign, domain: &Domain) -> Result<Signer, Failure> {
    let (header, body) = canonicalization(&args.canonicalization)?;
    let mut signer = Signer::new(domain.clone()).canonicalization(header, body);
    if let Some(names) = &args.headers {
        let names: Vec<&str> = names.split(':').map(str::trim).collect();
        let is_repeated = |name: &&str| names.iter().filter(|other| other.eq_ignore_ascii_case(name)).count() > 1;
        let oversigned: Vec<&str> = names.iter().copied().filter(is_repeated).collect();
        signer = signer.fields(&names).and_then(|s| s.oversigned_fields(&oversigned)).map_err(|e| refused(&e))?;
    }
    if let Some(identity) = &args.identity {
        signer = signer.identity(identity).map_err(|e| refused(&e))?;
    }
    Ok(match args.expire {
        Some(seconds) => signer.expires_after(seconds),
        None => signer,
    })
}

fn refused(error: &SignError) -> Failure {
    Failure::new(format!("the message cannot be signed: {error}"))
}

/// `c=` as RFC 6376 §3.5 writes it: without a second word the body is simple.
fn canonicalization(text: &str) -> Result<(Canonicalization, Canonicalization), Failure> {
    let algorithm = |word: &str| match word.to_ascii_lowercase().as_str() {
        "simple" => Ok(Canonicalization::Simple),
        "relaxed" => Ok(Canonicalization::Relaxed),
        _ => Err(Failure::new(format!(
            "'{word}' is no canonicalization; give simple or relaxed for the header and for the body, \
             as in relaxed/simple"
        ))),
    };
    let (header, body) = text.split_once('/').unwrap_or((text, "simple"));
    Ok((algorithm(header)?, algorithm(body)?))
}

fn read_key(path: &Path) -> Result<SigningKey, Failure> {
    let pem = fs::read_to_string(path).map_err(|error| Failure::file("read the key", path, &error))?;
    SigningKey::from_pem(&pem).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// Says what was found, and refuses the message where that is called for.
fn judge(findings: &[Finding], force: bool) -> Result<(), Failure> {
    let mut worst = Severity::Remark;
    for finding in findings {
        match finding.severity() {
            Severity::Remark => tell::note(&finding.to_string()),
            Severity::Unwise if force => tell::warning(&finding.to_string()),
            severity => {
                worst = worst.max(severity);
                tell::error(&format!("{finding} ({})", finding.rfc()));
            }
        }
    }
    match worst {
        Severity::Remark => Ok(()),
        Severity::Unwise => {
            Err(Failure::new("the message is not signed, for that would be unwise; --force signs it all the same"))
        }
        Severity::Refuse => Err(Failure::new("the message is not signed, for it cannot be valid")),
    }
}

/// The DKIM-Signature fields of all signers, and what was found, from one pass over the message.
fn sign<R: Read>(
    reader: &mut MessageReader<R>,
    signers: &[Arc<Signer>],
    now: UnixTime,
    counting: &mut Counting,
) -> Result<(Vec<u8>, Vec<Finding>), Failure> {
    let mut header = HeaderReader::new();
    let mut body = Vec::new();
    while !header.is_complete() {
        let Some(chunk) = counting.next(reader)? else { break };
        let used = header.push(&chunk);
        body.extend_from_slice(chunk.get(used..).unwrap_or_default());
        if header.len() > MAX_HEADER {
            return Err(Failure::new(format!("the header section is longer than {MAX_HEADER} octets")));
        }
    }
    let header = header.finish();
    let mut examination = Examination::new(&header, signers.iter().map(Arc::as_ref));
    // What the header section shows need not wait for the body, and says more than that it could not verify.
    if examination.findings().iter().any(|finding| finding.severity() == Severity::Refuse) {
        return Ok((Vec::new(), examination.finish()));
    }
    let begun: Result<Vec<Signing>, SignError> = signers.iter().map(|s| Signing::new(s, &header, now)).collect();
    let mut signings = begun.map_err(|e| refused(&e))?;
    let mut chunk = Some(body);
    while let Some(octets) = chunk {
        signings.iter_mut().for_each(|signing| signing.body(&octets));
        examination.body(&octets);
        chunk = counting.next(reader)?;
    }
    let findings = examination.finish();
    if findings.contains(&Finding::BareLineEnd) {
        return Ok((Vec::new(), findings));
    }
    let fields: Result<Vec<Vec<u8>>, SignError> = signings.into_iter().map(Signing::finish).collect();
    Ok((fields.map_err(|e| refused(&e))?.concat(), findings))
}

/// How many octets a pass has read.
#[derive(Default)]
struct Counting {
    octets: u64,
}

impl Counting {
    fn next<R: Read>(&mut self, reader: &mut MessageReader<R>) -> Result<Option<Vec<u8>>, Failure> {
        let chunk = reader.next_chunk().map_err(|error| Failure::new(format!("cannot read the message: {error}")))?;
        self.octets += chunk.as_ref().map_or(0, |c| c.len() as u64);
        Ok(chunk)
    }
}

trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// A file that can be read twice; what cannot (standard input, a pipe) is kept in memory.
fn open_rewindable(path: &Path) -> Result<Box<dyn ReadSeek>, Failure> {
    let cannot = |error| Failure::file("read", path, &error);
    let mut octets = Vec::new();
    if input::is_standard_input(path) {
        io::stdin().lock().read_to_end(&mut octets).map_err(cannot)?;
        return Ok(Box::new(Cursor::new(octets)));
    }
    let mut file = File::open(path).map_err(cannot)?;
    if file.stream_position().is_ok() {
        return Ok(Box::new(file));
    }
    file.read_to_end(&mut octets).map_err(cannot)?;
    Ok(Box::new(Cursor::new(octets)))
}
