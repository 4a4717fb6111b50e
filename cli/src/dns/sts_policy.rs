//! MTA-STS policy files, fetched over HTTPS (RFC 8461 §3.3): one request, no redirect followed, nothing cached.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HOST, TRANSFER_ENCODING, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use passerelle::limits::MAX_STS_POLICY;
use passerelle::{Domain, StsError};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::roots;

/// How long a fetch may take in all (RFC 8461 §3.3 suggests a minute at most; mail waits for this).
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one address may take to answer where there is another.
const PATIENCE_OF_ADDRESS: Duration = Duration::from_secs(3);
const HTTPS: u16 = 443;

/// Fetches the file from `mta-sts.<domain>`, which has these addresses.
pub(super) async fn fetch(domain: &Domain, addresses: Vec<IpAddr>) -> Result<Arc<str>, StsError> {
    let host = domain.prepend("mta-sts").map_err(|_| StsError::Fetch)?;
    let ca = roots::system_file().map_err(|_| StsError::Fetch)?;
    let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, HTTPS)).collect();
    timeout(PATIENCE, from(&host, addresses, &ca)).await.unwrap_or(Err(StsError::Fetch))
}

/// The first address that can be connected to counts, and what its host says.
async fn from(host: &Domain, addresses: Vec<SocketAddr>, ca: &Path) -> Result<Arc<str>, StsError> {
    let tls = TlsConnector::from(Arc::new(settings(ca)?));
    let name = ServerName::try_from(host.to_string()).map_err(|_| StsError::Fetch)?;
    for address in addresses {
        let Ok(Ok(stream)) = timeout(PATIENCE_OF_ADDRESS, TcpStream::connect(address)).await else { continue };
        let stream = tls.connect(name, stream).await.map_err(|error| tls_failure(&error))?;
        let response = get(host, stream).await?;
        return read(response).await;
    }
    Err(StsError::Fetch)
}

fn settings(ca: &Path) -> Result<ClientConfig, StsError> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(ca).map_err(|_| StsError::Fetch)?;
    roots.add_parsable_certificates(certificates.flatten());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(|_| StsError::Fetch)?.with_root_certificates(roots).with_no_client_auth())
}

fn tls_failure(error: &std::io::Error) -> StsError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => StsError::Certificate,
        _ => StsError::Fetch,
    }
}

async fn get(host: &Domain, stream: TlsStream<TcpStream>) -> Result<Response<Incoming>, StsError> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_: hyper::Error| StsError::Fetch)?;
    // It ends with the body, or when that is dropped.
    tokio::spawn(connection);
    let request = Request::get("/.well-known/mta-sts.txt")
        .header(HOST, host.to_string())
        .header(USER_AGENT, "passerelle")
        .header(ACCEPT, "text/plain")
        .body(Empty::<Bytes>::new())
        .map_err(|_| StsError::Fetch)?;
    sender.send_request(request).await.map_err(|_| StsError::Fetch)
}

/// The policy file in a response.
async fn read(response: Response<Incoming>) -> Result<Arc<str>, StsError> {
    match response.status() {
        StatusCode::OK => {}
        // RFC 8461 §3.3: not followed.
        status if status.is_redirection() => return Err(StsError::Redirect),
        _ => return Err(StsError::Status),
    }
    // No coding was asked for, and what is coded is not read as if it were plain.
    let field = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let is_coded = |name, plain| field(name).is_some_and(|coding| !coding.eq_ignore_ascii_case(plain));
    if is_coded(TRANSFER_ENCODING, "chunked") || is_coded(CONTENT_ENCODING, "identity") {
        return Err(StsError::Fetch);
    }
    let media_type = field(CONTENT_TYPE).unwrap_or_default();
    if !media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/plain") {
        return Err(StsError::MediaType);
    }
    let body =
        Limited::new(response.into_body(), MAX_STS_POLICY).collect().await.map_err(|error| body_failure(&*error))?;
    match String::from_utf8(body.to_bytes().into()) {
        Ok(text) => Ok(text.into()),
        Err(_) => Err(StsError::Syntax),
    }
}

fn body_failure(error: &(dyn Error + Send + Sync + 'static)) -> StsError {
    if error.is::<LengthLimitError>() { StsError::Size } else { StsError::Fetch }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;

    use super::*;

    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n";
    const FILE: &str = "version: STSv1\n";

    /// A policy host on the loopback, and the authority that vouches for it.
    struct PolicyHost {
        address: SocketAddr,
        ca: PathBuf,
        folder: PathBuf,
    }

    impl Drop for PolicyHost {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    /// Serves one connection: the response to whatever comes, then the end, in order or not.
    async fn policy_host(certified: &str, response: Vec<u8>, is_orderly: bool) -> PolicyHost {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("passerelle-sts-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let ca = folder.join("ca.pem");
        std::fs::write(&ca, authority.pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![certified.into()]).unwrap().signed_by(&key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let settings = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let settings = settings.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = TlsAcceptor::from(Arc::new(settings)).accept(stream).await else { return };
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).to_ascii_lowercase();
            assert!(request.starts_with("get /.well-known/mta-sts.txt http/1.1\r\n"), "{request}");
            assert!(request.contains("\r\nhost: mta-sts.example.com\r\n"), "{request}");
            let _ = stream.write_all(&response).await;
            let _ = stream.flush().await;
            if is_orderly {
                let _ = stream.shutdown().await;
            }
        });
        PolicyHost { address, ca, folder }
    }

    async fn fetched(certified: &str, response: impl Into<Vec<u8>>, is_orderly: bool) -> Result<String, StsError> {
        let host = policy_host(certified, response.into(), is_orderly).await;
        let name = Domain::parse("mta-sts.example.com").unwrap();
        let file = timeout(PATIENCE, from(&name, vec![host.address], &host.ca)).await.unwrap();
        file.map(|text| text.to_string())
    }

    const NAME: &str = "mta-sts.example.com";

    #[tokio::test]
    async fn a_file_comes_by_length_in_chunks_or_until_the_end() {
        let file = Ok(FILE.to_owned());
        assert_eq!(fetched(NAME, format!("{HEAD}content-length: 15\r\n\r\n{FILE}more"), false).await, file);
        assert_eq!(fetched(NAME, format!("{HEAD}\r\n{FILE}"), true).await, file);
        let chunked = "Transfer-Encoding: chunked\r\n\r\n8\r\nversion:\r\n7;x=y\r\n STSv1\n\r\n0\r\n\r\n";
        assert_eq!(fetched("*.example.com", format!("{HEAD}{chunked}"), true).await, file);
        let interim = format!("HTTP/1.1 103 Early Hints\r\n\r\n{HEAD}content-length: 15\r\n\r\n{FILE}");
        assert_eq!(fetched(NAME, interim, true).await, file);
    }

    #[tokio::test]
    async fn what_is_no_policy_file_has_its_own_error() {
        let most = "x".repeat(MAX_STS_POLICY);
        assert_eq!(fetched(NAME, format!("{HEAD}\r\n{most}"), true).await.map(|text| text.len()), Ok(MAX_STS_POLICY));
        let cases = [
            ("HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n".to_owned(), StsError::Redirect),
            ("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\n".into(), StsError::Status),
            ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nx".into(), StsError::MediaType),
            ("HTTP/1.1 200 OK\r\n\r\nx".into(), StsError::MediaType),
            (format!("{HEAD}Content-Length: 65537\r\n\r\n{most}x"), StsError::Size),
            (format!("{HEAD}\r\n{most}x"), StsError::Size),
            (format!("{HEAD}Content-Length: 10\r\n\r\nshort"), StsError::Fetch),
            (format!("{HEAD}Transfer-Encoding: gzip\r\n\r\nx"), StsError::Fetch),
            (format!("{HEAD}Content-Encoding: gzip\r\n\r\nx"), StsError::Fetch),
            (format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nabc"), StsError::Fetch),
            (format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc"), StsError::Fetch),
            ("220 mx ESMTP\r\n\r\n".into(), StsError::Fetch),
            (String::new(), StsError::Fetch),
        ];
        for (response, expected) in cases {
            let shown: String = response.chars().take(60).collect();
            assert_eq!(fetched(NAME, response, true).await, Err(expected), "{shown}");
        }
        let octets = [HEAD.as_bytes(), b"\r\n\xff"].concat();
        assert_eq!(fetched(NAME, octets, true).await, Err(StsError::Syntax));
        let cut = fetched(NAME, format!("{HEAD}\r\n{FILE}"), false).await;
        assert_eq!(cut, Err(StsError::Fetch), "who cuts the connection makes a shorter policy of it");
    }

    #[tokio::test]
    async fn a_certificate_for_another_name_or_of_nobody_is_its_own_error() {
        let response = format!("{HEAD}content-length: 15\r\n\r\n{FILE}");
        for certified in ["example.com", "mta-sts.example.net", "*.mta-sts.example.com"] {
            assert_eq!(fetched(certified, response.clone(), true).await, Err(StsError::Certificate), "{certified}");
        }
        let (host, other) =
            (policy_host(NAME, response.clone().into(), true).await, policy_host(NAME, Vec::new(), true).await);
        let name = Domain::parse(NAME).unwrap();
        assert_eq!(
            from(&name, vec![host.address], &other.ca).await,
            Err(StsError::Certificate),
            "of another authority"
        );
    }

    #[tokio::test]
    async fn an_address_that_refuses_does_not_count_where_another_answers() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let host = policy_host(NAME, format!("{HEAD}content-length: 15\r\n\r\n{FILE}").into(), true).await;
        let name = Domain::parse(NAME).unwrap();
        assert_eq!(from(&name, vec![closed], &host.ca).await, Err(StsError::Fetch));
        assert_eq!(from(&name, vec![closed, host.address], &host.ca).await.as_deref(), Ok(FILE));
    }
}
