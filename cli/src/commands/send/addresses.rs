//! The addresses of a server, and the way to the first that answers (RFC 8305): a family that leads nowhere costs a quarter of a
//! second, and not the time that a connection may take.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::destination::Destination;

/// How long one address may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// After which time the next address is tried beside the one before (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// The addresses that have not been tried yet, in the order in which they will be.
pub(super) struct Addresses(VecDeque<SocketAddr>);

impl Addresses {
    /// Asks the system for them.
    pub(super) async fn find(destination: &Destination) -> Result<Self, String> {
        let host = destination.host();
        match lookup_host((host, destination.port())).await.map(|found| found.collect::<Vec<_>>()) {
            Ok(found) if found.is_empty() => Err(format!("{host} has no address")),
            Ok(found) => Ok(Self(interleaved(found).into())),
            Err(error) => Err(format!("cannot find {host}: {error}")),
        }
    }

    #[cfg(test)]
    pub(super) fn of(addresses: &[SocketAddr]) -> Self {
        Self(addresses.to_vec().into())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Connects to the first that answers. Those that were under way beside it can be tried again.
    pub(super) async fn connect(&mut self) -> Result<TcpStream, String> {
        race(&mut self.0, |address| async move {
            match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => Ok(stream),
                Ok(Err(error)) => Err(format!("cannot connect to {address}: {error}")),
                Err(_) => Err(format!("{address} does not answer: waited {} s", CONNECT_TIMEOUT.as_secs())),
            }
        })
        .await
    }
}

/// The families in turns, that of the first address first (RFC 8305 §4).
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_v4 = |address: &SocketAddr| address.is_ipv4();
    let first = addresses.first().is_some_and(is_v4);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| is_v4(address) == first);
    let mut order = Vec::with_capacity(one.len() + other.len());
    while let Some(next) = one.pop_front().or_else(|| other.pop_front()) {
        order.push(next);
        order.extend(other.pop_front());
    }
    order
}

/// Tries one after the other, each a little later than the one before or as soon as that has failed.
async fn race<A, T, F>(addresses: &mut VecDeque<A>, connect: impl Fn(A) -> F) -> Result<T, String>
where
    A: Copy + PartialEq + Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, String>> + Send + 'static,
{
    let mut attempts = JoinSet::new();
    let (mut under_way, mut failures) = (Vec::new(), Vec::new());
    loop {
        if let Some(address) = addresses.pop_front() {
            under_way.push(address);
            let attempt = connect(address);
            attempts.spawn(async move { (address, attempt.await) });
        }
        let ended = tokio::select! {
            ended = attempts.join_next() => ended,
            () = sleep(ATTEMPT_DELAY), if !addresses.is_empty() => continue,
        };
        let Some(Ok((address, result))) = ended else { return Err(failures.join("; ")) };
        under_way.retain(|other| *other != address);
        match result {
            Ok(stream) => {
                under_way.into_iter().rev().for_each(|address| addresses.push_front(address));
                return Ok(stream);
            }
            Err(failure) => failures.push(failure),
        }
    }
}

/// From where a connection is made.
pub(super) fn local(stream: &TcpStream) -> io::Result<IpAddr> {
    stream.local_addr().map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Instant;

    use tokio::runtime;

    use super::*;

    #[test]
    fn families_take_turns() {
        let addresses = |text: &str| -> Vec<SocketAddr> { text.split(' ').map(|text| text.parse().unwrap()).collect() };
        for (found, expected) in [
            ("[2001:db8::1]:25 [2001:db8::2]:25 192.0.2.1:25", "[2001:db8::1]:25 192.0.2.1:25 [2001:db8::2]:25"),
            ("192.0.2.1:25 192.0.2.2:25 [2001:db8::1]:25", "192.0.2.1:25 [2001:db8::1]:25 192.0.2.2:25"),
            ("192.0.2.1:25 192.0.2.2:25", "192.0.2.1:25 192.0.2.2:25"),
        ] {
            assert_eq!(interleaved(addresses(found)), addresses(expected));
        }
    }

    /// 0 never answers, odd numbers fail, others answer at once.
    async fn answer(number: u32) -> Result<u32, String> {
        match number {
            0 => pending().await,
            odd if odd % 2 == 1 => Err(format!("{odd} failed")),
            even => Ok(even),
        }
    }

    fn raced(numbers: &[u32]) -> (Result<u32, String>, Vec<u32>, Duration) {
        let mut left: VecDeque<u32> = numbers.to_vec().into();
        let start = Instant::now();
        let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let result = runtime.block_on(race(&mut left, answer));
        (result, left.into(), start.elapsed())
    }

    #[test]
    fn an_address_that_does_not_answer_does_not_keep_the_next_waiting() {
        let (result, left, took) = raced(&[0, 2, 4]);
        assert_eq!((result, left), (Ok(2), vec![0, 4]));
        assert!(took >= ATTEMPT_DELAY && took < CONNECT_TIMEOUT / 2, "{took:?}");
    }

    #[test]
    fn an_address_that_fails_does_neither() {
        let (result, left, took) = raced(&[1, 3, 2]);
        assert_eq!((result, left), (Ok(2), vec![]));
        assert!(took < ATTEMPT_DELAY, "{took:?}");
        assert_eq!(raced(&[1, 3]).0, Err("1 failed; 3 failed".into()));
        assert_eq!(raced(&[]).0, Err(String::new()));
    }
}
