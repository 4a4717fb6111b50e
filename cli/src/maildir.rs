//! Messages filed durably: a maildir, one file a message.
//!
//! A message is whole under `new`, or not there: it is written under `tmp`, synchronized, renamed, and the folder is
//! synchronized as well. Only then may the server say 250 (RFC 5321 §4.2.5).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::failure::Failure;

/// Octets of a message that are held in memory. What is longer waits in a file under `tmp`.
const IN_MEMORY: usize = 256 << 10;

/// How old files under `tmp` may become: who wrote them has long gone (maildir(5) has 36 hours).
const LEFT_OVER: Duration = Duration::from_secs(36 * 60 * 60);

/// A maildir that is open for delivery.
pub(crate) struct Maildir {
    tmp: PathBuf,
    new: PathBuf,
    host: String,
    delivered: AtomicU64,
}

impl Maildir {
    /// Opens a maildir, and makes it where it does not exist.
    ///
    /// # Errors
    /// It can't be made, or nothing can be filed in it: better now than with the first message.
    pub(crate) fn open(path: &Path, host: &str) -> Result<Self, Failure> {
        let cannot = |error: io::Error| Failure::file("use the maildir", path, &error);
        let folders = ["tmp", "new", "cur"].map(|name| path.join(name));
        folders.iter().try_for_each(|folder| make(folder)).map_err(cannot)?;
        let [tmp, new, _] = folders;
        // A slash or a colon would make another path, or flags, of it.
        let host = host.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect();
        let maildir = Self { tmp, new, host, delivered: AtomicU64::new(0) };
        maildir.try_out().map_err(cannot)?;
        maildir.clear_tmp();
        Ok(maildir)
    }

    /// Goes the way of a message with an empty file, hidden from readers.
    fn try_out(&self) -> io::Result<()> {
        let name = format!(".{}", self.name());
        let (tmp, new) = (self.tmp.join(&name), self.new.join(&name));
        let moved = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&tmp);
        let moved = moved.and_then(|_| fs::rename(&tmp, &new));
        let removed = fs::remove_file(if moved.is_ok() { new } else { tmp });
        moved.and(removed).and_then(|()| synchronize(&self.new))
    }

    /// Removes what was left under `tmp` by who did not come to an end: a process that was killed, a machine without power.
    pub(crate) fn clear_tmp(&self) {
        let Ok(entries) = fs::read_dir(&self.tmp) else { return };
        for entry in entries.flatten() {
            let changed = entry.metadata().ok().filter(fs::Metadata::is_file).and_then(|file| file.modified().ok());
            let age = changed.and_then(|changed| SystemTime::now().duration_since(changed).ok());
            if age.is_some_and(|age| age > LEFT_OVER) {
                let _ = fs::remove_file(entry.path()); // It does no harm.
            }
        }
    }

    /// A place for a message that is still coming in.
    pub(crate) fn spool(&self) -> Spool {
        Spool { path: self.tmp.join(format!("{}.part", self.name())), memory: Vec::new(), file: None }
    }

    /// Files a message that consists of `header` and what was spooled. When this returns, it is on the disk.
    pub(crate) fn deliver(&self, header: &[u8], body: &mut Spool) -> io::Result<PathBuf> {
        let name = self.name();
        let (tmp, new) = (self.tmp.join(&name), self.new.join(&name));
        let written = self.write(&tmp, header, body).and_then(|()| fs::rename(&tmp, &new));
        if let Err(error) = written {
            let _ = fs::remove_file(&tmp); // The first error is the one to tell.
            return Err(error);
        }
        // By its name, which may have become another folder's: that is where the message is.
        if let Err(error) = synchronize(&self.new) {
            // It may or may not survive; the client will be told to try again, so it must not stay.
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        Ok(new)
    }

    fn write(&self, path: &Path, header: &[u8], body: &mut Spool) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        match &mut body.file {
            // In one write, where the message is small.
            None if header.len() + body.memory.len() <= IN_MEMORY => {
                file.write_all(&[header, &body.memory].concat())?
            }
            None => {
                file.write_all(header)?;
                file.write_all(&body.memory)?;
            }
            Some(spooled) => {
                file.write_all(header)?;
                spooled.seek(SeekFrom::Start(0))?;
                io::copy(spooled, &mut file)?;
            }
        }
        file.sync_all()
    }

    /// A name that no other delivery has: the time, this process, how many it is, and the host.
    fn name(&self) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let count = self.delivered.fetch_add(1, Ordering::Relaxed);
        let (seconds, micros, process) = (since.as_secs(), since.subsec_micros(), std::process::id());
        format!("{seconds}.M{micros:06}P{process}Q{count}.{}", self.host)
    }
}

/// Makes a folder and those above it, as far as they are missing, so that they survive what the messages in them have to.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = match folder.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => Path::new("/"),
    };
    make(above)?;
    // Mail is nobody else's business.
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    synchronize(folder)?;
    // The name of the new folder is in the one above.
    synchronize(above)
}

/// What happened to names in a folder survives a loss of power.
fn synchronize(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Octets of a message that has not been accepted yet; dropped, they are gone.
pub(crate) struct Spool {
    path: PathBuf,
    memory: Vec<u8>,
    file: Option<File>,
}

impl Spool {
    /// Whether it is still in memory when so many octets come on top.
    pub(crate) fn is_in_memory_with(&self, octets: usize) -> bool {
        self.file.is_none() && self.memory.len() + octets <= IN_MEMORY
    }

    /// Appends octets.
    pub(crate) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            return file.write_all(octets);
        }
        if self.is_in_memory_with(octets.len()) {
            self.memory.extend_from_slice(octets);
            return Ok(());
        }
        let mut file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&self.path)?;
        file.write_all(&self.memory)?;
        file.write_all(octets)?;
        self.memory = Vec::new();
        self.file = Some(file);
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = fs::remove_file(&self.path); // A left-over under tmp is harmless, and readers ignore it.
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("passerelle-maildir-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }

        fn files(&self, sub: &str) -> Vec<PathBuf> {
            fs::read_dir(self.0.join(sub)).unwrap().map(|entry| entry.unwrap().path()).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_message_is_filed_whole_whether_it_was_spooled_to_memory_or_to_a_file() {
        let folder = Folder::new("whole");
        let maildir = Maildir::open(&folder.0, "mx.example.com").unwrap();
        for size in [0, 1, IN_MEMORY - 1, IN_MEMORY, IN_MEMORY + 1, 3 * IN_MEMORY] {
            let body: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let mut spool = maildir.spool();
            body.chunks(40_000).for_each(|chunk| spool.write(chunk).unwrap());
            let path = maildir.deliver(b"Subject: one\r\n\r\n", &mut spool).unwrap();
            drop(spool);
            assert_eq!(fs::read(&path).unwrap(), [&b"Subject: one\r\n\r\n"[..], &body].concat(), "{size}");
        }
        assert_eq!(folder.files("new").len(), 6);
        assert!(folder.files("tmp").is_empty(), "nothing is left behind");
    }

    #[test]
    fn nobody_else_can_read_a_message() {
        use std::os::unix::fs::PermissionsExt;

        let folder = Folder::new("private");
        let maildir = Maildir::open(&folder.0.join("made/on/the/way"), "host").unwrap();
        let mut spool = maildir.spool();
        spool.write(&vec![b'x'; IN_MEMORY + 1]).unwrap();
        let path = maildir.deliver(b"Subject: one\r\n\r\n", &mut spool).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&spool.path)), (0o600, 0o600));
        assert_eq!((mode(&maildir.new), mode(&maildir.tmp), mode(&folder.0.join("made"))), (0o700, 0o700, 0o700));
    }

    #[test]
    fn a_message_that_is_dropped_leaves_nothing() {
        let folder = Folder::new("dropped");
        let maildir = Maildir::open(&folder.0, "mx/../:2,S").unwrap();
        let mut spool = maildir.spool();
        spool.write(&vec![b'x'; IN_MEMORY + 1]).unwrap();
        assert_eq!(folder.files("tmp").len(), 1);
        drop(spool);
        assert!(folder.files("tmp").is_empty() && folder.files("new").is_empty());
    }

    /// Who opens it once a day, or after a crash, finds what was left long ago gone, and nothing else.
    #[test]
    fn what_was_left_under_tmp_goes_after_36_hours() {
        let folder = Folder::new("left");
        Maildir::open(&folder.0, "host").unwrap();
        for (name, hours) in [("old", 37), ("young", 35)] {
            let path = folder.0.join("tmp").join(name);
            fs::write(&path, "x").unwrap();
            let then = SystemTime::now() - Duration::from_secs(hours * 3600);
            File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
        }
        Maildir::open(&folder.0, "host").unwrap();
        assert_eq!(folder.files("tmp"), [folder.0.join("tmp/young")]);
    }

    #[test]
    fn a_maildir_in_which_nothing_can_be_filed_is_refused_at_the_start() {
        let folder = Folder::new("unwritable");
        Maildir::open(&folder.0, "host").unwrap();
        assert!(folder.files("new").is_empty() && folder.files("tmp").is_empty(), "nothing is left of trying");
        // Nobody can write into what is no folder, not even root, for whom there are no permissions.
        fs::remove_dir(folder.0.join("new")).unwrap();
        fs::write(folder.0.join("new"), "").unwrap();
        assert!(Maildir::open(&folder.0, "host").is_err());
    }

    /// Where `new` was made anew meanwhile, the message is in that one, and that one is synchronized.
    #[test]
    fn a_folder_that_was_remade_is_the_one_that_counts() {
        let folder = Folder::new("remade");
        let maildir = Maildir::open(&folder.0, "host").unwrap();
        fs::rename(folder.0.join("new"), folder.0.join("aside")).unwrap();
        fs::create_dir(folder.0.join("new")).unwrap();
        let path = maildir.deliver(b"Subject: one\r\n\r\n", &mut maildir.spool()).unwrap();
        assert_eq!(folder.files("new"), [path]);
        // Gone altogether, it is an error and not a message that nobody finds.
        fs::remove_dir_all(folder.0.join("new")).unwrap();
        assert!(maildir.deliver(b"Subject: two\r\n\r\n", &mut maildir.spool()).is_err());
        assert!(folder.files("tmp").is_empty());
    }

    #[test]
    fn a_disk_that_takes_nothing_is_an_error_and_leaves_nothing_in_new() {
        let folder = Folder::new("full");
        let maildir = Maildir::open(&folder.0, "host").unwrap();
        fs::remove_dir_all(folder.0.join("tmp")).unwrap();
        let error = maildir.deliver(b"Subject: one\r\n\r\n", &mut maildir.spool()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(folder.files("new").is_empty());
    }
}
