//! What the command says on standard error, all of it with the same beginning: whose words they are, and of what weight.

use super::escape;

/// What stopped the command, or a part of what it was to do.
pub(crate) fn error(text: &str) {
    say("error: ", text);
}

/// What may well be a mistake.
pub(crate) fn warning(text: &str) {
    say("warning: ", text);
}

/// What is good to know.
pub(crate) fn note(text: &str) {
    say("", text);
}

fn say(weight: &str, text: &str) {
    eprintln!("passerelle: {weight}{}", escape::text(text));
}
