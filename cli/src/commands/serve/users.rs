//! `--auth-users FILE`: who may authenticate.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::num::NonZeroUsize;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use passerelle::crypto::Hash;
use passerelle::smtp::sasl::server::{Credentials, Decision, Settings, Stored, compare};
use passerelle::smtp::sasl::{Mechanism, ScramVerifier, SecretKey};
use tokio::sync::Semaphore;

use crate::failure::Failure;
use crate::net::entropy;
use crate::output::tell;

/// What the command can check with passwords and verifiers.
pub(super) const MECHANISMS: [Mechanism; 6] = [
    Mechanism::ScramSha256Plus,
    Mechanism::ScramSha256,
    Mechanism::ScramSha1Plus,
    Mechanism::ScramSha1,
    Mechanism::Plain,
    Mechanism::Login,
];

/// The users, each with what is stored of the password.
pub(super) struct Users {
    stored: BTreeMap<String, Vec<Stored>>,
    settings: Arc<Settings>,
    /// As many comparisons at a time as there are processors: more would be no faster, and take memory.
    comparing: Semaphore,
}

impl Users {
    /// Reads a file of lines `user:password` or `user:SCRAM-SHA-256$…`. Empty lines and those that begin with `#` don't count.
    /// What everybody sees of a verifier who names its user is that of the file's first one for users that do not exist, and
    /// for those whose password is in the file.
    pub(super) fn read(path: &Path, in_clear_text: bool) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
        let mut settings = Settings::new(SecretKey::new(secret(path, &text)?));
        settings.mechanisms = MECHANISMS.to_vec();
        settings.secrets_in_clear_text = in_clear_text;
        let mut verifiers = text.lines().filter_map(|line| ScramVerifier::parse(line.split_once(':')?.1).ok());
        if let Some(verifier) = verifiers.next() {
            (settings.iterations, settings.salt_length) = (verifier.iterations(), verifier.salt().len());
        }
        let mut stored = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |what: &str| Failure::new(format!("{}, line {}: {what}", path.display(), number + 1));
            let (user, password) = line.split_once(':').ok_or_else(|| wrong("write it as user:password"))?;
            let forms = forms(user, password, &settings).map_err(|error| wrong(&error))?;
            if stored.insert(user.to_owned(), forms).is_some() {
                return Err(wrong("the user is there already"));
            }
        }
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Ok(Self { stored, settings: Arc::new(settings), comparing: Semaphore::new(processors) })
    }

    /// How clients authenticate.
    pub(super) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings)
    }

    /// Whether credentials are right. To compare a password is made to take long, so it is done on a thread of its own.
    pub(super) async fn decide(&self, credentials: &Credentials) -> Decision {
        let stored = credentials.user().and_then(|user| self.stored.get(user));
        match credentials {
            Credentials::Password { authzid, authcid, password } => {
                // All are made of one password: the first tells, in the time that a user who does not exist takes.
                let stored: Vec<Stored> = stored.into_iter().flatten().take(1).cloned().collect();
                let (settings, user, password) = (self.settings(), authcid.clone(), password.clone());
                let _turn = self.comparing.acquire().await;
                let compared = tokio::task::spawn_blocking(move || compare(&stored, &password, &user, &settings));
                match compared.await {
                    // Nobody acts for another here.
                    Ok(true) if authzid.is_none() => Decision::Accept,
                    Ok(_) => Decision::Refuse,
                    Err(_) => Decision::Unavailable,
                }
            }
            // That nobody acts for another is found out behind the proof, or the refusal would tell that the user exists.
            Credentials::Scram { authzid, .. } => match (stored, authzid) {
                (None, _) => Decision::UnknownUser,
                (Some(stored), None) => Decision::Compare(stored.clone()),
                (Some(stored), Some(_)) => Decision::CompareAndRefuse(stored.clone()),
            },
            // Not among the mechanisms.
            Credentials::Bearer { .. } | Credentials::External { .. } => Decision::Refuse,
        }
    }
}

/// A verifier as it is, or those that a password gives, made before anybody asks, with the salts that the name would have if
/// nobody had it: a restart changes neither.
fn forms(user: &str, password: &str, settings: &Settings) -> Result<Vec<Stored>, String> {
    if password.starts_with("SCRAM-") {
        return Ok(vec![Stored::verifier(ScramVerifier::parse(password).map_err(|error| error.to_string())?)]);
    }
    let derive = |hash| {
        let verifier = ScramVerifier::derive(hash, password, &settings.salt(hash, user), settings.iterations.get());
        verifier.map(Stored::verifier).map_err(|error| error.to_string())
    };
    [Hash::Sha256, Hash::Sha1].into_iter().map(derive).collect()
}

/// From this come the salts that unknown users seem to have. It is kept beside the file of users, so that it survives a restart
/// and a change of users. Where nothing can be kept, it is made of the file itself, which survives the restart.
fn secret(users: &Path, text: &str) -> Result<[u8; 32], Failure> {
    let mut path = users.as_os_str().to_owned();
    path.push(".secret");
    let path = Path::new(&path);
    match std::fs::read_to_string(path) {
        Ok(kept) => {
            let octets = BASE64_STANDARD.decode(kept.trim()).ok().and_then(|octets| octets.try_into().ok());
            octets.ok_or_else(|| Failure::new(format!("{}: not 32 octets in base64", path.display())))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let octets = entropy()?;
            match create(path, &format!("{}\n", BASE64_STANDARD.encode(octets))) {
                Ok(()) => Ok(octets),
                Err(error) => {
                    tell::note(&format!(
                        "cannot make {}: {error}; whoever asks before and after the users change can tell which names are nobody's",
                        path.display()
                    ));
                    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
                    digest.as_ref().try_into().map_err(|_| Failure::new("SHA-256 gives 32 octets"))
                }
            }
        }
        Err(error) => Err(Failure::file("read", path, &error)),
    }
}

/// Makes a file that nobody else can read.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
