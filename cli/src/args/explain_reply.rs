//! `passerelle explain-reply`

use clap::Args;
use passerelle::smtp::refusal::Stage;

use super::values::no_controls;

#[derive(Debug, Args)]
#[command(after_help = "\
REPLY is a reply of one line or several (`\\n` may be written out), or a line of a log or of a bounce that has one: then the
host and the stage are taken from it, as from `host mx.example.com[192.0.2.1] said: 550 ... (in reply to RCPT TO command)`.
Printed are the cause, whether to try again, who has to act, what to do, and the document that says so.
Exit codes: 0 explained, 2 wrong usage, or no refusal in what was given.

Examples:
  passerelle explain-reply '550-5.7.26 This mail has been blocked ... - gsmtp'
  passerelle explain-reply '552 Requested mail action aborted' --stage mail
  grep status=bounced /var/log/mail.log | tail -1 | passerelle explain-reply --json")]
pub(crate) struct ExplainReply {
    /// The server's reply, or what was pasted with one in it; `-` or none for standard input.
    #[arg(value_name = "REPLY", allow_hyphen_values = true)]
    pub(crate) reply: Option<String>,
    /// What the reply answered: greeting, ehlo, starttls, auth, mail, rcpt, data, end-of-message.
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    pub(crate) stage: Option<Stage>,
    /// The name of the host that said it, as its MX record or the configuration has it.
    #[arg(long, value_name = "NAME", value_parser = no_controls)]
    pub(crate) host: Option<String>,
    /// Print the explanation as JSON, on one line.
    #[arg(long)]
    pub(crate) json: bool,
}

fn stage(text: &str) -> Result<Stage, String> {
    text.parse().map_err(|error: passerelle::smtp::refusal::UnknownStage| error.to_string())
}
