//! `passerelle spf`

use std::process::ExitCode;

use passerelle::spf::{CheckHost, Request, SpfResult, Verdict};
use passerelle::{Evaluation, Trail};
use serde::Serialize;

use super::{EXIT_NO, EXIT_TEMPORARY, EXIT_YES};
use crate::args::Spf;
use crate::failure::Failure;
use crate::host::Host;
use crate::output::color::Palette;
use crate::output::{human, print, print_json};

/// The report's `spf` object, and its own steps behind it.
#[derive(Serialize)]
struct Object<'a> {
    #[serde(flatten)]
    verdict: &'a Verdict,
    trail: &'a Trail,
}

pub(crate) fn run(args: &Spf) -> Result<ExitCode, Failure> {
    let mut host = Host::new(&args.world)?;
    let request = Request::new(args.ip, args.helo.as_str(), args.mail_from.as_str()).unix(host.now().unix);
    // As in the report of `verify`: with a null reverse-path, HELO is what there is to check (RFC 7208 §2.4).
    let check = match request.is_null_reverse_path() {
        true => CheckHost::helo(&request),
        false => CheckHost::mail_from(&request),
    };
    let verdict = host.run(Evaluation::new(check), None)?;
    let json = serde_json::to_string(&Object { verdict: &verdict, trail: &verdict.trail })
        .map_err(|error| Failure::new(format!("cannot write the verdict as JSON: {error}")))?;
    match args.show.json {
        true => print_json(&json)?,
        false => print(human::spf(&json, Palette::new(args.show.color), args.show.verbose)?.as_bytes())?,
    }
    Ok(ExitCode::from(match verdict.result {
        SpfResult::Pass => EXIT_YES,
        SpfResult::TempError => EXIT_TEMPORARY,
        _ => EXIT_NO,
    }))
}
