//! MTA-STS policy files (RFC 8461 §3.2) and the hosts that they list.
#![no_main]

use passerelle::Domain;
use passerelle::limits::{MAX_STS_AGE, MAX_STS_POLICY};
use passerelle::route::mta_sts::{Mode, StsPolicy};
use passerelle_fuzz::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(text) = str::from_utf8(octets) else { return };
    let Ok(policy) = StsPolicy::parse(text) else { return };
    assert!(text.len() <= MAX_STS_POLICY && policy.max_age <= MAX_STS_AGE);
    assert!(policy.mode == Mode::None || !policy.mx.is_empty());
    // Written out, it is the same policy.
    let mut again = format!("version: STSv1\nmode: {}\nmax_age: {}\n", policy.mode, policy.max_age);
    policy.mx.iter().for_each(|mx| again += &format!("mx: {mx}\n"));
    if again.len() <= MAX_STS_POLICY {
        assert_eq!(StsPolicy::parse(&again).as_ref(), Ok(&policy));
    }
    for mx in policy.mx.iter().take(20) {
        let pattern = mx.to_string();
        match pattern.strip_prefix("*.") {
            // One label more, and neither the name itself nor two.
            Some(name) => {
                let name = Domain::parse(name).expect("it was read");
                assert!(!mx.matches(&name));
                let Ok(below) = name.prepend("mx") else { continue };
                assert!(mx.matches(&below) && policy.lists(&below));
                assert!(below.prepend("a").map_or(true, |further| !mx.matches(&further)));
            }
            None => assert!(policy.lists(&Domain::parse(&pattern).expect("it was read"))),
        }
    }
});
