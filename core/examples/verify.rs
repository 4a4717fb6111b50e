//! Verifies a message with the answers of a transcript, and prints the report.
//!
//! ```sh
//! cargo run -p passerelle --example verify -- examples/message.eml examples/dns.json
//! ```
//!
//! Here every answer is at hand. A host that asks a resolver drives [`Verification`](passerelle::verify::Verification)
//! instead; `tokio_host` shows how.

use std::error::Error;
use std::fs;

use passerelle::message::{MessageFile, recognize};
use passerelle::verify::{Envelope, Report, Settings, verify};
use passerelle::{Now, Transcript};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [message, transcript] = &*arguments else {
        return Err("give a message and a transcript".into());
    };
    let report = report(&fs::read(message)?, &fs::read(transcript)?)?;
    println!("{}", report.to_json());
    Ok(())
}

/// The report on a message that came from a known client.
pub fn report(file: &[u8], transcript: &[u8]) -> Result<Report, Box<dyn Error>> {
    // What people hand in may be anything, and its lines may end with LF.
    let found = recognize(file);
    if !found.is_message() {
        return Err(format!("this is {}, not a message: {}", found.what, found.advice).into());
    }
    let (mut reader, mut message) = (MessageFile::new(), Vec::new());
    reader.push(file, &mut message);
    reader.finish(&mut message);

    let transcript = Transcript::parse(transcript)?;
    let envelope = Envelope::new()
        .ip("192.0.2.25".parse()?)
        .helo("mx1.harbour.example")
        .mail_from("bounces+7731@bounces.harbour.example");
    let now = Now::at(1_790_000_000);
    let report = verify(&message, &envelope, &Settings::default(), now, |question| transcript.answer(question));
    report.ok_or_else(|| "a transcript answers every question".into())
}
