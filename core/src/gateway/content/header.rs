//! What is added to a header section and taken away from it. All other lines are passed octet for octet.

use crate::message::{EditError, Header};
use crate::results::{self, AuthenticationResults};
use crate::route::policy::Change;

/// The section without what claims to be an `Authentication-Results` of ours (RFC 8601 §5), and how many fields those were.
///
/// # Errors
/// [`EditError::OverLimit`]
pub fn without_forged_results(header: &Header, authserv_id: &str) -> Result<(Header, usize), EditError> {
    results::strip_forged(header, &[authserv_id])
}

/// The `Authentication-Results` of a message of which nothing was verified (RFC 8601 §2.2, no-result).
pub fn nothing_verified(authserv_id: &str) -> String {
    AuthenticationResults::new(authserv_id).to_field()
}

/// The section after a change that a rule wants; `None` where the change is not of the header section.
///
/// # Errors
/// [`EditError`], where the section is as large as it may be, or begins with a line that a field in front of it would swallow.
pub fn changed(header: &Header, change: &Change) -> Result<Option<Header>, EditError> {
    crate::route::changed(header, change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_verified_is_said_as_such() {
        assert_eq!(nothing_verified("gw.example.com"), "Authentication-Results: gw.example.com; none\r\n");
    }
}
