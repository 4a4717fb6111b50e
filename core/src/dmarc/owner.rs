//! Whether two domains have one owner, as far as names can tell.

use crate::domain::Domain;

/// Whether two domains have the same organizational domain, as far as that is known without asking the DNS.
///
/// `organizational` are organizational domains that are known already, such as
/// [`Discovery::organizational_domain`](super::Discovery::organizational_domain). With the feature `psl` the public suffix list
/// answers where they do not; without it the answer is `None` then. `false` says that the names tell of no common owner:
/// many have several names.
///
/// ```
/// use passerelle::Domain;
/// use passerelle::dmarc::same_owner;
///
/// let [shop, mail, other] = ["shop.example.com", "mail.example.com", "example.net"].map(|name| Domain::parse(name).unwrap());
/// let organizational = Domain::parse("example.com")?;
/// assert_eq!(same_owner(&shop, &mail, &[organizational]), Some(true));
/// assert_eq!(same_owner(&shop, &other, &[]), Some(false));
/// # Ok::<(), passerelle::DomainError>(())
/// ```
pub fn same_owner(a: &Domain, b: &Domain, organizational: &[Domain]) -> Option<bool> {
    if a == b {
        return Some(true);
    }
    // Both would have to be below one name.
    if a.labels().next_back() != b.labels().next_back() {
        return Some(false);
    }
    let known = organizational.iter().find(|domain| a.is_within(domain) || b.is_within(domain));
    known.map(|domain| a.is_within(domain) && b.is_within(domain)).or_else(|| by_list(a, b))
}

#[cfg(feature = "psl")]
#[allow(clippy::unnecessary_wraps)]
fn by_list(a: &Domain, b: &Domain) -> Option<bool> {
    use super::rfc7489::organizational_domain;
    Some(organizational_domain(a) == organizational_domain(b))
}

#[cfg(not(feature = "psl"))]
fn by_list(_: &Domain, _: &Domain) -> Option<bool> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str, known: &[&str]) -> Option<bool> {
        let domain = |text: &str| Domain::parse(text).unwrap();
        let known: Vec<Domain> = known.iter().map(|text| domain(text)).collect();
        same_owner(&domain(a), &domain(b), &known)
    }

    #[test]
    fn what_is_known_decides() {
        assert_eq!(same("a.example", "A.example.", &[]), Some(true));
        assert_eq!(same("a.harbour.example", "b.harbour.example", &["harbour.example"]), Some(true));
        assert_eq!(same("a.harbour.example", "badger.example", &["harbour.example"]), Some(false));
        assert_eq!(same("a.harbour.example", "badger.example", &["badger.example", "harbour.example"]), Some(false));
        assert_eq!(same("a.example", "a.test", &["example", "test"]), Some(false));
    }

    #[cfg(not(feature = "psl"))]
    #[test]
    fn without_a_list_nothing_is_guessed() {
        assert_eq!(same("a.harbour.example", "b.harbour.example", &[]), None);
    }

    #[cfg(feature = "psl")]
    #[test]
    fn the_list_decides_about_the_rest() {
        assert_eq!(same("a.harbour.co.uk", "harbour.co.uk", &[]), Some(true));
        assert_eq!(same("harbour.co.uk", "badger.co.uk", &[]), Some(false));
    }
}
