//! Random octets, which the engine has none of.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

use crate::failure::Failure;

/// 32 octets of the system's random number generator.
pub(crate) fn entropy() -> Result<[u8; 32], Failure> {
    let mut octets = [0; 32];
    SystemRandom::new().fill(&mut octets).map_err(|_| Failure::new("the system gives no random numbers"))?;
    Ok(octets)
}
