//! MTA-STS policy files, fetched over HTTPS (RFC 8461 §3.3): one request, no redirect followed, nothing cached.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use passerelle::limits::MAX_STS_POLICY;
use passerelle::tls::{self, ClientTls, Converse, End, Layer, ResultType, Session, Verification};
use passerelle::{Domain, Machine, Misuse, Now, Output, StsError};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::net::{Clock, Wire};
use crate::roots;

/// How long a fetch may take in all (RFC 8461 §3.3 suggests a minute at most; mail waits for this).
const PATIENCE: Duration = Duration::from_secs(10);
/// Octets of a response, its header included.
const MAX_RESPONSE: usize = MAX_STS_POLICY + 16 * 1024;

/// Fetches the file from `mta-sts.<domain>`, which has these addresses.
pub(super) async fn fetch(domain: &Domain, addresses: Vec<IpAddr>) -> Result<Arc<str>, StsError> {
    let host = domain.prepend("mta-sts").map_err(|_| StsError::Fetch)?;
    timeout(PATIENCE, from(&host, addresses)).await.unwrap_or(Err(StsError::Fetch))
}

async fn from(host: &Domain, addresses: Vec<IpAddr>) -> Result<Arc<str>, StsError> {
    const HTTPS: u16 = 443;
    let roots = roots::system().map_err(|_| StsError::Fetch)?;
    let tls = ClientTls::new(Verification::Name(roots, vec![host.clone()])).server_name(host);
    for address in addresses {
        let Ok(stream) = TcpStream::connect(SocketAddr::new(address, HTTPS)).await else { continue };
        return get(host, &tls, stream).await;
    }
    Err(StsError::Fetch)
}

async fn get(host: &Domain, tls: &ClientTls, stream: TcpStream) -> Result<Arc<str>, StsError> {
    let clock = Clock::new(None);
    let mut wire = Wire::new(Layer::client(Get::new(host), tls, clock.now()), stream, clock);
    let result = loop {
        match wire.drain().await.map_err(|_| StsError::Fetch)? {
            Some(tls::Event::Inner(response)) => break read(&response),
            Some(tls::Event::Failed(failure)) => {
                break Err(match failure.result {
                    ResultType::CertificateHostMismatch
                    | ResultType::CertificateExpired
                    | ResultType::CertificateNotTrusted => StsError::Certificate,
                    _ => StsError::Fetch,
                });
            }
            Some(tls::Event::Secured(_)) => {}
            None if wire.is_over() => break Err(StsError::Fetch),
            None => _ = wire.wait().await.map_err(|_| StsError::Fetch)?,
        }
    };
    wire.close().await;
    result
}

/// One request inside TLS: its only event is what came back, when the server has closed or has sent too much.
struct Get {
    request: Option<Vec<u8>>,
    response: Response,
    state: State,
}

/// What came back.
#[derive(Debug, Default)]
struct Response {
    octets: Vec<u8>,
    /// Whether the end was the server's word, and not a connection that broke.
    is_whole: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Clear,
    Reading,
    Read,
    Over,
}

impl Get {
    fn new(host: &Domain) -> Self {
        let request = format!(
            "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: {host}\r\nUser-Agent: passerelle\r\nAccept: text/plain\r\nConnection: close\r\n\r\n"
        );
        Self { request: Some(request.into_bytes()), response: Response::default(), state: State::Clear }
    }
}

impl Machine for Get {
    type Input<'a> = ();
    type Event = Response;

    fn handle(&mut self, _: Now, (): ()) -> Result<(), Misuse> {
        Ok(())
    }

    fn poll(&mut self) -> Output<Response> {
        match self.state {
            State::Reading => match self.request.take() {
                Some(request) => Output::Transmit(request),
                None => Output::Idle { wake: None },
            },
            State::Read => {
                self.state = State::Over;
                Output::Event(std::mem::take(&mut self.response))
            }
            State::Clear | State::Over => Output::Idle { wake: None },
        }
    }
}

impl Converse for Get {
    fn octets(&mut self, _: Now, octets: &[u8]) -> Result<(), Misuse> {
        self.response.octets.extend_from_slice(octets);
        if self.response.octets.len() > MAX_RESPONSE {
            self.state = State::Read;
        }
        Ok(())
    }

    fn end(&mut self, _: Now, end: End) -> Result<(), Misuse> {
        self.response.is_whole = end == End::Orderly;
        self.state = if self.state == State::Reading { State::Read } else { State::Over };
        Ok(())
    }

    fn secured(&mut self, _: Now, _: Session) -> Result<(), Misuse> {
        self.state = State::Reading;
        Ok(())
    }

    fn require_tls(&mut self) {}

    fn tick(&mut self, _: Now) {}

    fn starts_tls(&self) -> bool {
        self.state == State::Clear
    }

    fn wants_octets(&self) -> bool {
        self.state == State::Reading
    }

    fn is_over(&self) -> bool {
        self.state == State::Over
    }
}

/// The policy file in a response.
fn read(response: &Response) -> Result<Arc<str>, StsError> {
    if response.octets.len() > MAX_RESPONSE {
        return Err(StsError::Size);
    }
    let end = response.octets.windows(4).position(|at| at == b"\r\n\r\n").ok_or(StsError::Fetch)?;
    let head = str::from_utf8(&response.octets[..end]).map_err(|_| StsError::Fetch)?;
    let body = &response.octets[end + 4..];
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.strip_prefix("HTTP/1.")?.split(' ').nth(1)).ok_or(StsError::Fetch)?;
    let field = |name: &str| {
        let mut fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    match status {
        "200" => {}
        // RFC 8461 §3.3: not followed.
        redirect if redirect.starts_with('3') => return Err(StsError::Redirect),
        _ => return Err(StsError::Status),
    }
    let media_type = field("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("text/plain") {
        return Err(StsError::MediaType);
    }
    let body = match (field("transfer-encoding"), field("content-length")) {
        (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => dechunked(body).ok_or(StsError::Fetch)?,
        (Some(_), _) => return Err(StsError::Fetch),
        (None, Some(length)) => {
            let length: usize = length.parse().map_err(|_| StsError::Fetch)?;
            if length > MAX_STS_POLICY {
                return Err(StsError::Size);
            }
            body.get(..length).ok_or(StsError::Fetch)?.to_vec()
        }
        (None, None) if response.is_whole => body.to_vec(),
        (None, None) => return Err(StsError::Fetch),
    };
    match String::from_utf8(body) {
        Ok(text) if text.len() > MAX_STS_POLICY => Err(StsError::Size),
        Ok(text) => Ok(text.into()),
        Err(_) => Err(StsError::Syntax),
    }
}

/// A body in chunks (RFC 9112 §7.1); `None` where its end is missing.
fn dechunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|at| at == b"\r\n")?;
        let size = str::from_utf8(&rest[..end]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = &rest[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str, is_whole: bool) -> Result<String, StsError> {
        let response = Response { octets: text.as_bytes().to_vec(), is_whole };
        read(&response).map(|text| text.to_string())
    }

    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n";

    #[test]
    fn a_file_comes_by_length_in_chunks_or_until_the_end() {
        let file = "version: STSv1\n".to_owned();
        assert_eq!(read_all(&format!("{HEAD}content-length: 15\r\n\r\n{file}more"), false), Ok(file.clone()));
        assert_eq!(read_all(&format!("{HEAD}\r\n{file}"), true), Ok(file.clone()));
        let chunked = "Transfer-Encoding: chunked\r\n\r\n8\r\nversion:\r\n7;x=y\r\n STSv1\n\r\n0\r\n\r\n";
        assert_eq!(read_all(&format!("{HEAD}{chunked}"), true), Ok(file));
    }

    #[test]
    fn what_is_no_policy_file_has_its_own_error() {
        let cases = [
            ("HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n".to_owned(), StsError::Redirect),
            ("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\n".into(), StsError::Status),
            ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nx".into(), StsError::MediaType),
            ("HTTP/1.1 200 OK\r\n\r\nx".into(), StsError::MediaType),
            (format!("{HEAD}Content-Length: 65537\r\n\r\n"), StsError::Size),
            (format!("{HEAD}\r\n{}", "x".repeat(MAX_RESPONSE)), StsError::Size),
            (format!("{HEAD}Content-Length: 10\r\n\r\nshort"), StsError::Fetch),
            (format!("{HEAD}Transfer-Encoding: gzip\r\n\r\nx"), StsError::Fetch),
            (format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nabc"), StsError::Fetch),
            (format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc"), StsError::Fetch),
            ("220 mx ESMTP\r\n\r\n".into(), StsError::Fetch),
            (String::new(), StsError::Fetch),
        ];
        for (text, expected) in cases {
            assert_eq!(read_all(&text, true), Err(expected), "{text:.60}");
        }
        assert_eq!(read_all(&format!("{HEAD}\r\nversion: STSv1\n"), false), Err(StsError::Fetch), "it may be cut");
        let octets = Response { octets: [HEAD.as_bytes(), b"\r\n\xff"].concat(), is_whole: true };
        assert_eq!(read(&octets), Err(StsError::Syntax));
    }
}
