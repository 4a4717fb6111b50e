//! One module a subcommand. Each returns the exit code, or the sentence to print with exit code 2.

pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod explain_reply;
pub(crate) mod extract;
pub(crate) mod keygen;
pub(crate) mod man;
pub(crate) mod route;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod sign;
pub(crate) mod spf;
pub(crate) mod test_tls;
pub(crate) mod verify;

/// Authenticated, pass, signed, made.
pub(crate) const EXIT_YES: u8 = 0;
/// Not authenticated, any SPF result but pass and temperror.
pub(crate) const EXIT_NO: u8 = 1;
/// Wrong usage, or input that cannot be read.
pub(crate) const EXIT_USAGE: u8 = 2;
/// A temporary error stands in the way.
pub(crate) const EXIT_TEMPORARY: u8 = 3;
