//! The authorities whose certificates are trusted.

use std::path::{Path, PathBuf};

use passerelle::tls::Roots;

use crate::failure::Failure;

/// Where systems keep the certificates of the authorities that they trust.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Those that the system trusts, or those of the file that SSL_CERT_FILE names.
pub(crate) fn system() -> Result<Roots, Failure> {
    file(&system_file()?)
}

/// The file in which they are.
pub(crate) fn system_file() -> Result<PathBuf, Failure> {
    if let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let path = SYSTEM_ROOTS.iter().map(Path::new).find(|path| path.exists());
    path.map(Path::to_owned)
        .ok_or_else(|| Failure::new("the system has no file of trusted authorities; name one with --ca"))
}

/// Those of a file.
pub(crate) fn file(path: &Path) -> Result<Roots, Failure> {
    let pem = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    Roots::from_pem(&pem).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}
