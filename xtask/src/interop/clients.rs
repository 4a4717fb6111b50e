//! The peers that are clients: each sends one message over one connection and ends.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::message::{Kind, Message};
use super::modes::Mode;
use super::ours::Send;
use super::peers::Tls;
use super::process::{self, Ended};
use super::world::{PASSWORD, Trust, USER, WRONG_PASSWORD, World};
use crate::built;
use crate::report::Stop;
use crate::tools::{apt, npm};
use crate::workspace;

/// No delivery may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// One message, to be sent to a port of the loopback.
pub(super) struct Delivery<'a> {
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) trust: Trust,
    pub(super) lmtp: bool,
    /// In BDAT, where the client has to be told; ours uses it where it is offered.
    pub(super) bdat: bool,
    /// Log in, by this mechanism.
    pub(super) auth: Option<&'static str>,
    pub(super) wrong_password: bool,
    pub(super) sender: &'a str,
    pub(super) recipients: &'a [String],
    pub(super) message: &'a Message,
}

impl Delivery<'_> {
    fn password(&self) -> &'static str {
        if self.wrong_password { WRONG_PASSWORD } else { PASSWORD }
    }

    fn password_file(&self, world: &World) -> PathBuf {
        if self.wrong_password { world.wrong_password() } else { world.password() }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Client {
    Swaks,
    Msmtp,
    Curl,
    Smtplib,
    Nodemailer,
    Lettre,
    /// Ruby's Net::SMTP.
    Ruby,
    /// Perl's Net::SMTP.
    Perl,
    /// `passerelle send`.
    Ours(Send),
}

impl Client {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Swaks => "swaks",
            Self::Msmtp => "msmtp",
            Self::Curl => "curl",
            Self::Smtplib => "smtplib",
            Self::Nodemailer => "nodemailer",
            Self::Lettre => "lettre",
            Self::Ruby => "Net::SMTP (Ruby)",
            Self::Perl => "Net::SMTP (Perl)",
            Self::Ours(send) => send.name(),
        }
    }

    /// Whether it is `passerelle send` and no stand-in.
    pub(super) fn is_ours(self) -> bool {
        matches!(self, Self::Ours(Send::Passerelle))
    }

    /// Why it cannot make this delivery, if it cannot.
    pub(super) fn cannot(self, mode: &Mode) -> Option<&'static str> {
        let speaks: &[&str] = match self {
            Self::Swaks | Self::Smtplib | Self::Nodemailer | Self::Lettre | Self::Ruby | Self::Perl => {
                &["PLAIN", "LOGIN"]
            }
            Self::Msmtp => &["PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"],
            Self::Curl => &["PLAIN", "LOGIN"],
            Self::Ours(send) => send.mechanisms(),
        };
        match self {
            _ if mode.auth.is_some_and(|mechanism| !speaks.contains(&mechanism)) => Some("has no such mechanism"),
            Self::Swaks | Self::Msmtp | Self::Curl | Self::Nodemailer | Self::Lettre | Self::Ruby | Self::Perl
                if mode.bdat =>
            {
                Some("has no BDAT")
            }
            Self::Swaks if mode.kind == Kind::Utf8 => Some("has no SMTPUTF8"),
            Self::Msmtp if mode.kind == Kind::Utf8 => Some("has no SMTPUTF8"),
            Self::Perl if mode.kind == Kind::Utf8 => Some("has no SMTPUTF8 in the Perl of Debian 12"),
            Self::Curl | Self::Lettre | Self::Ruby | Self::Perl if mode.lmtp => Some("has no LMTP"),
            Self::Smtplib if mode.lmtp => Some("reads one reply after the data, whatever the recipients"),
            Self::Ours(send) if mode.lmtp => send.no_lmtp(),
            _ if mode.lmtp && mode.tls == Tls::Implicit => Some("LMTP has no port for TLS"),
            _ => None,
        }
    }

    /// Sends it; how that ended is for the caller to judge.
    pub(super) fn send(self, world: &World, delivery: &Delivery<'_>) -> Result<Ended, Stop> {
        let (crlf, lf) = files(world, delivery.message)?;
        match self {
            Self::Swaks => process::run("swaks", &mut swaks(world, delivery)?, None, PATIENCE),
            Self::Msmtp => process::run("msmtp", &mut msmtp(world, delivery), Some(&lf), PATIENCE),
            Self::Curl => process::run("curl", &mut curl(world, delivery, &crlf)?, None, PATIENCE),
            Self::Smtplib => process::run("smtplib", &mut smtplib(world, delivery, &crlf), None, PATIENCE),
            Self::Nodemailer => {
                let mut command = Command::new(npm::node()?);
                command.env("PASSERELLE_NPM", npm::mail()?);
                script(self, command, "nodemailer_send.cjs", arguments(world, delivery, &crlf))
            }
            Self::Ruby => {
                let ruby = Command::new(apt::program("ruby", &["ruby"])?);
                script(self, ruby, "net_smtp_send.rb", arguments(world, delivery, &crlf))
            }
            Self::Perl => {
                let perl = Command::new(apt::program("perl", &["perl"])?);
                script(self, perl, "net_smtp_send.pl", arguments(world, delivery, &crlf))
            }
            Self::Lettre => {
                let mut command = Command::new(built::own_program("lettre-send")?);
                command.args(arguments(world, delivery, &crlf));
                process::run("lettre", &mut command, None, PATIENCE)
            }
            Self::Ours(send) => {
                let mut command = send.command(world, delivery.bdat);
                command.args(arguments(world, delivery, &crlf));
                process::run(send.name(), &mut command, None, PATIENCE)
            }
        }
    }
}

/// Runs a program of `xtask/interop`.
fn script(client: Client, mut command: Command, name: &str, arguments: Vec<OsString>) -> Result<Ended, Stop> {
    command.arg(workspace::root().join("xtask/interop").join(name)).args(arguments);
    process::run(client.name(), &mut command, None, PATIENCE)
}

/// The message in files, with CRLF and with LF, each client's kind.
fn files(world: &World, message: &Message) -> Result<(PathBuf, PathBuf), Stop> {
    Ok((write(world, "message.eml", &message.octets)?, write(world, "message.lf", &message.with_lf())?))
}

/// Writes a message into the folder of this run.
pub(super) fn write(world: &World, name: &str, octets: &[u8]) -> Result<PathBuf, Stop> {
    let path = world.folder.join(name);
    std::fs::write(&path, octets).map_err(|error| Stop::failed(format!("{}: {error}", path.display())))?;
    Ok(path)
}

fn swaks(world: &World, delivery: &Delivery<'_>) -> Result<Command, Stop> {
    let file = write(world, "message.unended", &delivery.message.unended())?;
    let (authority, _) = world.trusted(delivery.trust);
    let mut command = Command::new(world.mail.path("usr/bin/swaks"));
    command.args(["--server", "127.0.0.1", "--port", &delivery.port.to_string(), "--helo", "client.test"]);
    command.args(["--from", delivery.sender, "--to", &delivery.recipients.join(","), "--suppress-data"]);
    command.arg("--data").arg(format!("@{}", file.display()));
    match delivery.tls {
        Tls::Never => {}
        Tls::Upgraded => drop(command.arg("--tls")),
        Tls::Implicit => drop(command.arg("--tls-on-connect")),
    }
    if delivery.tls != Tls::Never {
        command.arg("--tls-verify").arg("--tls-ca-path").arg(authority);
    }
    if let Some(mechanism) = delivery.auth {
        command.args(["--auth", mechanism, "--auth-user", USER, "--auth-password", delivery.password()]);
    }
    if delivery.lmtp {
        command.args(["--protocol", "LMTP"]);
    }
    Ok(command)
}

fn msmtp(world: &World, delivery: &Delivery<'_>) -> Command {
    let (authority, name) = world.trusted(delivery.trust);
    let on = |yes: bool| if yes { "on" } else { "off" };
    let mut command = Command::new(world.mail.path("usr/bin/msmtp"));
    command.args(["--host=127.0.0.1", "--domain=client.test", "--timeout=30"]);
    command.arg(format!("--port={}", delivery.port)).arg(format!("--from={}", delivery.sender));
    command.arg(format!("--tls={}", on(delivery.tls != Tls::Never)));
    if delivery.tls != Tls::Never {
        command.arg(format!("--tls-starttls={}", on(delivery.tls == Tls::Upgraded)));
        command.arg(format!("--tls-trust-file={}", authority.display()));
        command.arg(format!("--tls-host-override={name}"));
    }
    if let Some(mechanism) = delivery.auth {
        command.arg(format!("--auth={}", mechanism.to_ascii_lowercase())).arg(format!("--user={USER}"));
        command.arg(format!("--passwordeval=cat '{}'", delivery.password_file(world).display()));
    }
    if delivery.lmtp {
        command.arg("--protocol=lmtp");
    }
    command.arg("--").args(delivery.recipients);
    command
}

fn curl(world: &World, delivery: &Delivery<'_>, file: &Path) -> Result<Command, Stop> {
    let scheme = if delivery.tls == Tls::Implicit { "smtps" } else { "smtp" };
    // Named as the certificate says, and found on the loopback.
    let (authority, name) = world.trusted(delivery.trust);
    let here = format!("{name}:{}", delivery.port);
    let mut options = format!(
        "url = \"{scheme}://{here}/client.test\"\nresolve = \"{here}:127.0.0.1\"\nmail-from = \"{}\"\n",
        delivery.sender
    );
    for recipient in delivery.recipients {
        options.push_str(&format!("mail-rcpt = \"{recipient}\"\n"));
    }
    if delivery.tls != Tls::Never {
        options.push_str(&format!("ssl-reqd\ncacert = \"{}\"\n", authority.display()));
    }
    if let Some(mechanism) = delivery.auth {
        options.push_str(&format!("login-options = \"AUTH={mechanism}\"\nuser = \"{USER}:{}\"\n", delivery.password()));
    }
    let list = world.folder.join("curl.conf");
    workspace::write(&list, &options)?;
    let mut command = Command::new("curl");
    // No configuration but this one, and no proxy.
    command.args(["--disable", "--silent", "--show-error", "--noproxy", "*", "--max-time", "50"]);
    command.arg("--config").arg(list).arg("--upload-file").arg(file);
    Ok(command)
}

fn smtplib(world: &World, delivery: &Delivery<'_>, file: &Path) -> Command {
    let mut command = Command::new(&world.mail.python);
    command.arg(workspace::root().join("xtask/interop/smtplib_send.py")).args(delivery.bdat.then_some("--bdat"));
    command.args(arguments(world, delivery, file));
    command
}

/// The arguments of `passerelle send`, which the program around smtplib takes as well.
fn arguments(world: &World, delivery: &Delivery<'_>, file: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    let mut option = |name: &str, value: OsString| words.extend([name.into(), value]);
    option("--to", format!("127.0.0.1:{}", delivery.port).into());
    option("--from", delivery.sender.into());
    for recipient in delivery.recipients {
        option("--rcpt", recipient.into());
    }
    let tls = match delivery.tls {
        Tls::Never => "none",
        Tls::Upgraded => "starttls",
        Tls::Implicit => "implicit",
    };
    option("--tls", tls.into());
    if delivery.tls != Tls::Never {
        let (authority, name) = world.trusted(delivery.trust);
        option("--ca", authority.into());
        option("--tls-name", name.into());
    }
    if let Some(mechanism) = delivery.auth {
        option("--auth", format!("{USER}:{}", delivery.password_file(world).display()).into());
        option("--auth-mechanism", mechanism.into());
    }
    if delivery.lmtp {
        words.push("--lmtp".into());
    }
    words.push(file.into());
    words
}
