//! Several messages: a line each, or an object, and what it comes to in all.

use std::path::Path;
use std::process::ExitCode;

use passerelle::verify::Authenticated;

use super::{Judged, judge};
use crate::args::Verify;
use crate::commands::{EXIT_NO, EXIT_TEMPORARY, EXIT_USAGE, EXIT_YES};
use crate::failure::Failure;
use crate::files;
use crate::host::Host;
use crate::input;
use crate::output::color::Palette;
use crate::output::{human, print, print_json, tell};

/// The exit codes, the worst first: what was not judged may be anything, and a temporary error may yet turn out well.
const WORST_FIRST: [u8; 4] = [EXIT_USAGE, EXIT_NO, EXIT_TEMPORARY, EXIT_YES];

pub(super) fn run(args: &Verify, host: &mut Host) -> Result<ExitCode, Failure> {
    let mut sum = Sum::default();
    let files = files::of(&args.messages);
    if files.is_empty() {
        return Err(Failure::new("there is no file in what was named"));
    }
    for file in files {
        let (path, judged) = match file {
            Ok(path) => {
                let message = input::open(&path).and_then(|message| message.message());
                (path, message.and_then(|message| judge(args, message, host)))
            }
            Err((path, failure)) => (path, Err(failure)),
        };
        sum.add(&judged);
        show(args, &path, &judged)?;
    }
    if !args.show.json {
        print(format!("{}\n", sum.told()).as_bytes())?;
    }
    Ok(ExitCode::from(sum.exit_code()))
}

fn show(args: &Verify, path: &Path, judged: &Result<Judged, Failure>) -> Result<(), Failure> {
    let (name, palette) = (input::name(path), Palette::new(args.show.color));
    match judged {
        _ if args.show.json => print_json(&object(path, judged)),
        Ok(judged) if args.show.verbose => {
            let report = judged.report(palette, true)?;
            print(format!("{}{report}\n", human::title(&name, palette)).as_bytes())
        }
        Ok(judged) => print(human::line(&name, &judged.json, judged.authenticated, palette)?.as_bytes()),
        Err(failure) => {
            tell::error(&failure.to_string());
            Ok(())
        }
    }
}

/// `{"file": …, "report": …}`, the report as it is for one message, or `{"file": …, "error": …}`.
fn object(path: &Path, judged: &Result<Judged, Failure>) -> String {
    let text = |text: String| serde_json::Value::from(text);
    let file = text(path.display().to_string());
    match judged {
        Ok(judged) => format!("{{\"file\":{file},\"report\":{}}}", judged.json),
        Err(failure) => format!("{{\"file\":{file},\"error\":{}}}", text(failure.to_string())),
    }
}

/// What came of all.
#[derive(Default)]
struct Sum {
    authenticated: usize,
    not: usize,
    temporarily: usize,
    undecided: usize,
    failed: usize,
    exit_codes: Vec<u8>,
}

impl Sum {
    fn add(&mut self, judged: &Result<Judged, Failure>) {
        let count = match judged.as_ref().map(|judged| judged.authenticated) {
            Ok(Authenticated::Yes) => &mut self.authenticated,
            Ok(Authenticated::No) => &mut self.not,
            Ok(Authenticated::Temporarily) => &mut self.temporarily,
            Ok(Authenticated::Undecided) => &mut self.undecided,
            Err(_) => &mut self.failed,
        };
        *count += 1;
        let code = judged.as_ref().map_or(EXIT_USAGE, Judged::exit_code);
        if !self.exit_codes.contains(&code) {
            self.exit_codes.push(code);
        }
    }

    fn exit_code(&self) -> u8 {
        WORST_FIRST.into_iter().find(|code| self.exit_codes.contains(code)).unwrap_or(EXIT_YES)
    }

    fn told(&self) -> String {
        let messages = self.authenticated + self.not + self.temporarily + self.undecided;
        let mut told = format!("{messages} {}", if messages == 1 { "message" } else { "messages" });
        let parts = [
            (self.authenticated, "authenticated"),
            (self.not, "not"),
            (self.temporarily, "not decided for want of an answer"),
            (self.undecided, "not decided by the message alone"),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if !parts.is_empty() {
            told = format!("{told}: {}", parts.join(", "));
        }
        match self.failed {
            0 => told,
            1 => format!("{told}; 1 file is no message, or cannot be read"),
            failed => format!("{told}; {failed} files are no messages, or cannot be read"),
        }
    }
}
