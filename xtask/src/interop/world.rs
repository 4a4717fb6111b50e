//! What all peers share: the folder of this run, its certificates, its users.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process;
use crate::report::Stop;
use crate::tools::mail::Mail;
use crate::workspace;

/// The name in every server's certificate, whatever the server calls itself.
pub(super) const TLS_NAME: &str = "mail.interop.test";
/// The user that every server knows.
pub(super) const USER: &str = "ann@interop.test";
pub(super) const PASSWORD: &str = "correct-horse";
pub(super) const WRONG_PASSWORD: &str = "incorrect-horse";
/// The realm of the user's name, as Cyrus SASL files it.
pub(super) const REALM: &str = "interop.test";
/// Mail for this domain is anybody's to send.
pub(super) const OPEN: &str = "open.test";
/// Mail for this domain is relayed for users only: what arrives there shows that its client was authenticated.
pub(super) const GUARDED: &str = "guarded.test";
/// Where notices of failure would go; the store takes them, so that they are seen.
pub(super) const SENDER_DOMAIN: &str = "sender.test";

/// What a client goes by when it verifies a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// The authority that signed, and the name that was certified.
    Ours,
    /// An authority that did not sign it.
    Stranger,
    /// A name that the certificate is not for.
    OtherName,
}

pub(super) struct World {
    pub(super) mail: Mail,
    pub(super) folder: PathBuf,
}

impl World {
    /// A fresh folder with certificates and users.
    pub(super) fn create(mail: Mail) -> Result<Self, Stop> {
        let folder = folder();
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| Stop::failed(format!("{}: {error}", folder.display())))?;
        }
        workspace::create_dir(&folder)?;
        let world = Self { mail, folder };
        world.certificates()?;
        workspace::write(&world.users(), &format!("{USER}:{PASSWORD}\n"))?;
        workspace::write(&world.password(), &format!("{PASSWORD}\n"))?;
        workspace::write(&world.wrong_password(), &format!("{WRONG_PASSWORD}\n"))?;
        Ok(world)
    }

    /// The authority that signed the servers' certificate.
    pub(super) fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The authority that a client is told to trust, and the name that it is to find.
    pub(super) fn trusted(&self, trust: Trust) -> (PathBuf, &'static str) {
        match trust {
            Trust::Ours => (self.ca(), TLS_NAME),
            Trust::Stranger => (self.folder.join("stranger.pem"), TLS_NAME),
            Trust::OtherName => (self.ca(), "other.interop.test"),
        }
    }

    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// A line `user:password`.
    pub(super) fn users(&self) -> PathBuf {
        self.folder.join("users")
    }

    /// The password alone.
    pub(super) fn password(&self) -> PathBuf {
        self.folder.join("password")
    }

    pub(super) fn wrong_password(&self) -> PathBuf {
        self.folder.join("wrong-password")
    }

    /// A new folder of one peer.
    pub(super) fn peer(&self, name: &str) -> Result<PathBuf, Stop> {
        let folder = self.folder.join(name);
        workspace::create_dir(&folder)?;
        Ok(folder)
    }

    /// An authority, and a certificate by it for the name and for the address that the peers connect to.
    fn certificates(&self) -> Result<(), Stop> {
        let names = format!("subjectAltName=DNS:{TLS_NAME},DNS:localhost,IP:127.0.0.1");
        self.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=interop authority",
        ])(&["-keyout", "ca.key", "-out", "ca.pem"])?;
        self.openssl(&["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=a stranger"])(&[
            "-keyout",
            "stranger.key",
            "-out",
            "stranger.pem",
        ])?;
        self.openssl(&["req", "-newkey", "rsa:2048", "-nodes", "-subj"])(&[
            &format!("/CN={TLS_NAME}"),
            "-addext",
            &names,
            "-keyout",
            "key.pem",
            "-out",
            "request.pem",
        ])?;
        self.openssl(&["x509", "-req", "-in", "request.pem", "-copy_extensions", "copyall", "-days", "2"])(&[
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-out",
            "certificate.pem",
        ])
    }

    fn openssl<'a>(&'a self, first: &'a [&'a str]) -> impl Fn(&[&str]) -> Result<(), Stop> + 'a {
        move |rest| {
            let mut command = Command::new("openssl");
            command.args(first).args(rest).current_dir(&self.folder);
            process::run("openssl", &mut command, None, Duration::from_secs(60))?.success("openssl")
        }
    }
}

/// Lets an account other than root use what is in a folder.
pub(super) fn give(path: &Path, account: &str) -> Result<(), Stop> {
    let mut command = Command::new("chown");
    command.arg("-R").arg(format!("{account}:{account}")).arg(path);
    process::run("chown", &mut command, None, Duration::from_secs(10))?.success("chown")
}

/// A file of this run that is overwritten again and again.
pub(super) fn scratch_file(name: &str) -> PathBuf {
    folder().join(name)
}

fn folder() -> PathBuf {
    workspace::for_other_accounts("tmp/interop")
}
