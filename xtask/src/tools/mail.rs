//! The mail servers and clients of Debian that ours meet in `interop`.
//!
//! Postfix, Exim and OpenSMTPD exclude one another as packages, and each would replace the machine's own: so they are
//! unpacked into `target/tools/mail`, never installed. What they need of the system is: their libraries are
//! installed, and the accounts under which they work are added.

use std::fs;
use std::path::{Path, PathBuf};

use super::{apt, python};
use crate::report::Stop;
use crate::run::Run;
use crate::workspace;

/// What is unpacked. `sasl2-bin` has the tool that writes the passwords for Postfix and Exim.
/// `sendmail-cf` has the macros that sendmail's configuration is made of.
const PACKAGES: [&str; 10] = [
    "postfix",
    "exim4-daemon-heavy",
    "exim4-base",
    "opensmtpd",
    "sasl2-bin",
    "swaks",
    "msmtp",
    "s-nail",
    "sendmail-bin",
    "sendmail-cf",
];

/// What is installed besides the libraries that the packages themselves ask for: TLS for swaks and for Perl's Net::SMTP,
/// and SASL mechanisms.
const INSTALLED: [&str; 9] = [
    "curl",
    "gsasl",
    "libauthen-sasl-perl",
    "libio-socket-ssl-perl",
    "libnet-ssleay-perl",
    "libsasl2-modules",
    "libsasl2-modules-db",
    "m4",
    "openssl",
];

/// The accounts that the servers work under, which their packages would add.
const ACCOUNTS: [&str; 4] = ["postfix", "Debian-exim", "opensmtpd", "opensmtpq"];
/// The group of Postfix's submission program; Postfix does not start without.
const GROUP: &str = "postdrop";

/// Where the programs are.
pub(crate) struct Mail {
    root: PathBuf,
    /// Python with aiosmtpd.
    pub(crate) python: PathBuf,
}

impl Mail {
    /// Whatever is missing is unpacked, installed or added.
    pub(crate) fn ensure() -> Result<Self, Stop> {
        let python = python::python()?;
        let folder = workspace::for_other_accounts("tools/mail");
        let (root, record) = (folder.join("root"), folder.join("packages.txt"));
        let wanted = [PACKAGES.as_slice(), &INSTALLED].concat().join("\n");
        if fs::read_to_string(&record).ok().as_deref() != Some(wanted.as_str()) {
            if !apt::is_root() {
                return Err(Stop::Skipped(
                    "not root: Postfix, Exim and OpenSMTPD cannot be started as they start in earnest".into(),
                ));
            }
            unpack(&folder, &root)?;
            workspace::write(&record, &wanted)?;
        }
        accounts()?;
        Ok(Self { root, python })
    }

    /// A file of the unpacked packages, by its path below the root.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }
}

fn unpack(folder: &Path, root: &Path) -> Result<(), Stop> {
    let archives = folder.join("archives");
    for dir in [&archives, root] {
        if dir.exists() {
            fs::remove_dir_all(dir).map_err(|error| Stop::failed(format!("{}: {error}", dir.display())))?;
        }
        workspace::create_dir(dir)?;
    }
    apt::download(&PACKAGES, &archives)?;
    let archives = workspace::files(&archives, ".deb");
    let mut needed: Vec<String> = INSTALLED.iter().map(|&name| name.to_owned()).collect();
    for archive in &archives {
        Run::new("dpkg-deb").arg("--extract").arg(archive).arg(root).go()?;
        let said = Run::new("dpkg-deb").arg("--field").arg(archive).arg("Depends").quietly()?;
        needed.extend(libraries(&said.line().unwrap_or_default()));
    }
    needed.sort();
    needed.dedup();
    // What is there stays as it is: named in an installation it would be upgraded.
    let missing: Vec<&str> = needed.iter().map(String::as_str).filter(|name| !is_installed(name)).collect();
    if !missing.is_empty() {
        apt::install(&missing)?;
    }
    // Started by root, they change to their accounts themselves; in a folder of ours no program is to have more rights
    // than who starts it.
    Run::new("chmod").args(["-R", "u-s,g-s"]).arg(root).go()?;
    Ok(())
}

/// The libraries in a package's `Depends`, first alternatives, without their versions.
fn libraries(depends: &str) -> Vec<String> {
    let names = depends.split(',').filter_map(|alternatives| alternatives.split(['|', '(']).next());
    let names = names.map(|name| name.trim().trim_end_matches(":any").to_owned());
    names.filter(|name| name.starts_with("lib") || name == "perl").collect()
}

fn is_installed(package: &str) -> bool {
    let said = Run::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]).quietly();
    said.is_ok_and(|said| said.line().is_some_and(|status| status.starts_with("installed")))
}

fn accounts() -> Result<(), Stop> {
    let missing = |database: &str, name: &str| -> Result<bool, Stop> {
        Ok(!Run::new("getent").args([database, name]).quietly()?.success)
    };
    for group in ACCOUNTS.iter().copied().chain([GROUP]) {
        if missing("group", group)? {
            Run::new("groupadd").args(["--system", group]).go()?;
        }
    }
    for account in ACCOUNTS {
        if missing("passwd", account)? {
            Run::new("useradd")
                .args(["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"])
                .args(["--gid", account, account])
                .go()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::libraries;

    #[test]
    fn libraries_are_told_from_what_configures_a_system() {
        let depends = "libc6 (>= 2.34), libdb5.3, debconf (>= 0.5) | debconf-2.0, perl:any, liba (>= 1) | libb";
        assert_eq!(libraries(depends), ["libc6", "libdb5.3", "perl", "liba"]);
    }
}
