//! DNS messages: what goes out, and what is made of what comes back. Responses are put together here, octet by octet.

mod answers;
mod failures;
mod hostile;
mod naive;
mod names;
mod properties;
mod query;
mod rdata;
mod wire;

use passerelle::dns_message::{MessageError, Query};
use passerelle::{DnsAnswer, Domain, RecordType};

fn domain(name: &str) -> Domain {
    Domain::from_dns(name).unwrap()
}

/// What a message says to the question for this name and type.
fn answer(message: &[u8], name: &str, record_type: RecordType) -> Result<DnsAnswer, MessageError> {
    Query::new(&domain(name), record_type).answer(message)
}
