//! What a connection costs.

use passerelle::smtp::client::Client;

/// The connection itself; what it holds on the heap while nothing is going on is what the server offers, and a reply that has
/// begun.
#[test]
fn a_client_is_small() {
    let size = size_of::<Client>();
    assert!(size <= 512, "{size}");
}
