//! The TLS of those with whom the gateway speaks: by rustls itself, without any of our code.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, Error, ServerConfig, ServerConnection,
    SignatureScheme,
};

/// One end of a connection, in clear text or in TLS.
#[derive(Default)]
pub(crate) struct Secure {
    tls: Option<Connection>,
    outgoing: Vec<u8>,
    has_failed: bool,
}

impl Secure {
    pub(crate) fn client(&mut self, config: &Arc<ClientConfig>, name: &str) {
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let connection = ClientConnection::new(config.clone(), name).expect("a connection");
        self.begin(connection.into());
    }

    pub(crate) fn server(&mut self, config: &Arc<ServerConfig>) {
        self.begin(ServerConnection::new(config.clone()).expect("a connection").into());
    }

    fn begin(&mut self, mut connection: Connection) {
        connection.set_buffer_limit(None);
        self.tls = Some(connection);
        self.flush();
    }

    /// Takes octets of the wire, and gives what they say.
    pub(crate) fn receive(&mut self, mut wire: &[u8]) -> Vec<u8> {
        let Some(tls) = &mut self.tls else { return wire.to_vec() };
        let mut plain = Vec::new();
        while !wire.is_empty() && !self.has_failed {
            let is_taken = tls.read_tls(&mut wire).is_ok_and(|length| length > 0);
            match tls.process_new_packets() {
                Ok(_) if is_taken => {}
                _ => self.has_failed = true,
            }
            // The error is that there is no more now.
            let _ = tls.reader().read_to_end(&mut plain);
        }
        self.flush();
        plain
    }

    /// Says something.
    pub(crate) fn send(&mut self, plain: &[u8]) {
        match &mut self.tls {
            None => self.outgoing.extend_from_slice(plain),
            Some(tls) => {
                let _ = tls.writer().write_all(plain);
                self.flush();
            }
        }
    }

    /// Says that nothing more follows.
    pub(crate) fn close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Some(tls) = &mut self.tls else { return };
        while tls.wants_write() {
            if tls.write_tls(&mut self.outgoing).is_err() {
                return;
            }
        }
    }

    /// What goes onto the wire.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    /// Whether TLS was begun.
    pub(crate) fn is_on(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether a handshake is under way.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }
}

/// Takes any server: the senders of the simulation do.
#[derive(Debug)]
pub(crate) struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
