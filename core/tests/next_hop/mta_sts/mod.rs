//! MTA-STS (RFC 8461): reading, discovery, the cache.

mod discovery;
mod reading;
