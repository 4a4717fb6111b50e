//! `passerelle explain-reply`

use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;

use passerelle::limits::MAX_PASTED_REPLY;
use passerelle::smtp::refusal::{Context, Pasted, Refusal, Stage, classify};
use passerelle::smtp::reply::Severity;

use super::EXIT_YES;
use crate::args::ExplainReply;
use crate::failure::Failure;
use crate::output::{escape, print, print_json};

pub(crate) fn run(args: &ExplainReply) -> Result<ExitCode, Failure> {
    let text = match args.reply.as_deref() {
        Some(text) if text != "-" => text.to_owned(),
        named => standard_input(named.is_some())?,
    };
    let Some(pasted) = Pasted::find(&text) else {
        return Err(Failure::new("this has no reply of a server: it begins with a code of three digits, such as 550"));
    };
    if !matches!(pasted.reply.severity(), Severity::Transient | Severity::Permanent) {
        let code = pasted.reply.code;
        return Err(Failure::new(format!("{code} is no refusal: those are the codes of 400 to 599")));
    }
    let context = Context::from(args.host.as_deref().or(pasted.host.as_deref())).at(args.stage.unwrap_or(pasted.stage));
    let refusal = classify(&pasted.reply, context);
    match args.json {
        true => print_json(&serde_json::to_string(&refusal).map_err(|error| Failure::new(error.to_string()))?)?,
        false => print(people(&pasted, &refusal, context.peer).as_bytes())?,
    }
    Ok(ExitCode::from(EXIT_YES))
}

/// What is piped in, as far as a reply may lie in it.
fn standard_input(named: bool) -> Result<String, Failure> {
    if !named && io::stdin().is_terminal() {
        return Err(Failure::new("there is no reply: name one in quotes, or pipe one in; `-` reads what is typed"));
    }
    let mut octets = Vec::new();
    let read = io::stdin().lock().take(MAX_PASTED_REPLY as u64).read_to_end(&mut octets);
    read.map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

fn people(pasted: &Pasted, refusal: &Refusal, host: Option<&str>) -> String {
    let stage = match refusal.stage {
        Stage::Unknown => String::new(),
        stage => format!(", at {stage}"),
    };
    let provider = refusal.provider.map_or_else(String::new, |provider| format!(", {provider}'s"));
    let host = host.map_or_else(String::new, |host| format!(", said by {host}"));
    let again = match refusal.temporary {
        true => "yes, later: the code is a temporary one",
        false => "no, not the same again: the code is a permanent one",
    };
    let source = match (refusal.source, refusal.date) {
        (Some(source), Some(date)) => format!("source      {source}, {date}\n"),
        _ => String::new(),
    };
    let text = format!(
        "reply       {}{stage}{host}{provider}\ncause       {}\ntry again   {again}\nwho acts    {}\nwhat to do  {}\n{source}",
        pasted.reply, refusal.cause, refusal.who, refusal.advice
    );
    text.lines().map(|line| format!("{}\n", escape::text(line))).collect()
}
