//! The commands of a file as a script.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::shell::{self, Line};
use crate::report::{StepResult, Stop};
use crate::run::Run;
use crate::workspace;

/// For all commands of a file: two programs in release builds are among them.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Folders of the machine that commands name; the script has its own.
const ELSEWHERE: [&str; 6] = ["/tmp/", "/usr/local", "/var/", "/srv/", "/etc/", "~/"];

/// What the commands find: how to wait for a server, and how to end those of a block.
const BEGINNING: &str = r#"set -euo pipefail
at=
trap 'code=$?; end_servers; [ $code = 0 ] || echo "$at: exit code $code" >&2' EXIT
end_servers() { for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done; wait || true; }
listens() { # PORT
  for _ in $(seq 300); do (: < "/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.1; done
  echo "nobody listens at port $1" >&2; return 1
}
"#;

/// cargo in the repository itself; only what `cargo run` runs is run in the script's folder.
const CARGO: &str = r#"#!/bin/sh
case "$1" in
  run) shift; exec "$REAL_CARGO" run --manifest-path "$REPOSITORY/Cargo.toml" "$@" ;;
  *) cd "$REPOSITORY" && exec "$REAL_CARGO" "$@" ;;
esac
"#;

pub(super) struct Script {
    file: String,
    folder: PathBuf,
    text: String,
    commands: usize,
}

impl Script {
    /// Makes the folder: links to all that the repository has in its root, the command, and files that READMEs name
    /// without having made them.
    pub(super) fn new(file: &str, program: &Path) -> Result<Self, Stop> {
        let folder = workspace::target().join("readme").join(file.replace('/', "-").trim_end_matches(".md"));
        let failed = |error: std::io::Error| Stop::Failed(format!("{}: {error}", folder.display()));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(failed)?;
        }
        let bin = folder.join("bin");
        workspace::create_dir(&bin)?;
        for path in workspace::files(workspace::root(), "") {
            let name = path.file_name().unwrap_or_default();
            if !name.to_string_lossy().starts_with('.') && name != "target" {
                symlink(&path, folder.join(name)).map_err(failed)?;
            }
        }
        symlink(workspace::target(), folder.join("target")).map_err(failed)?;
        symlink(program, bin.join("passerelle")).map_err(failed)?;
        workspace::write(&bin.join("cargo"), CARGO)?;
        Run::new("chmod").arg("+x").arg(bin.join("cargo")).quietly()?;
        for directory in ELSEWHERE {
            workspace::create_dir(&folder.join("elsewhere").join(directory.trim_start_matches('/')))?;
        }
        for (name, origin) in [("message.eml", "examples/message.eml"), ("host.c", "ffi/examples/verify.c")] {
            workspace::copy(&workspace::root().join(origin), &folder.join(name))?;
        }
        Ok(Self { file: file.to_owned(), folder, text: BEGINNING.to_owned(), commands: 0 })
    }

    pub(super) fn commands(&self) -> usize {
        self.commands
    }

    pub(super) fn add(&mut self, line: &Line) {
        self.commands += 1;
        let command = self.here(&line.text);
        let place = format!("{}:{}", self.file, line.number);
        let _ = writeln!(self.text, "at={}\necho {}", quoted(&place), quoted(&format!("{place}: {}", line.text)));
        let _ = match (server_port(&line.text), shell::exit_code(&line.text)) {
            // A server would go on for ever.
            (Some(port), _) => {
                let command = command.trim_end().trim_end_matches('&');
                writeln!(self.text, "{command} &\nlistens {port}")
            }
            (None, 0) => writeln!(self.text, "{command}"),
            (None, code) => writeln!(self.text, "code=0\n{{ {command}\n}} || code=$?\n[ $code = {code} ]"),
        };
    }

    /// Ends what the block has left running.
    pub(super) fn end_block(&mut self) {
        self.text.push_str("end_servers\n");
    }

    pub(super) fn run(self) -> StepResult {
        if self.commands == 0 {
            return Ok(String::new());
        }
        let script = self.folder.join("commands.sh");
        workspace::write(&script, &self.text)?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(self.folder.join("bin")).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(path).map_err(|error| Stop::Failed(format!("PATH: {error}")))?;
        Run::new("bash")
            .quiet_env("PATH", path)
            .quiet_env("REPOSITORY", workspace::root())
            .quiet_env("PKG_CONFIG_PATH", self.folder.join("elsewhere/usr/local/lib/pkgconfig"))
            .quiet_env("REAL_CARGO", std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .arg(&script)
            .dir(&self.folder)
            .patience(PATIENCE)
            .go()
            .map_err(|stop| match stop {
                Stop::Failed(_) => Stop::Failed(format!("a command of {} failed, see above", self.file)),
                skipped => skipped,
            })
    }

    /// The command with its absolute paths below the script's folder.
    fn here(&self, command: &str) -> String {
        let elsewhere = self.folder.join("elsewhere");
        ELSEWHERE.iter().fold(command.to_owned(), |text, directory| {
            let ours = format!("{}/{}", elsewhere.display(), directory.trim_start_matches('/'));
            [" ", "=", "\"", "'", ">"]
                .iter()
                .fold(text, |text, before| text.replace(&format!("{before}{directory}"), &format!("{before}{ours}")))
        })
    }
}

/// The port at which a command serves.
fn server_port(text: &str) -> Option<u16> {
    let words = shell::words(text);
    let at = words.iter().position(|word| *word == "--listen")?;
    words.get(at + 1)?.rsplit_once(':')?.1.parse().ok()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script() -> Script {
        Script { file: "README.md".into(), folder: "/w/readme".into(), text: String::new(), commands: 0 }
    }

    #[test]
    fn a_server_is_waited_for_whether_it_stands_in_the_background_or_not() {
        for end in ["", " &"] {
            let mut script = script();
            script.add(&Line {
                number: 3,
                text: format!("passerelle serve --listen 127.0.0.1:2525 --maildir /tmp/m{end}"),
            });
            let expected =
                "passerelle serve --listen 127.0.0.1:2525 --maildir /w/readme/elsewhere/tmp/m  &\nlistens 2525\n";
            assert!(
                script.text.ends_with(&expected.replace("  &", if end.is_empty() { " &" } else { "  &" })),
                "{}",
                script.text
            );
        }
    }

    #[test]
    fn a_command_that_is_to_fail_must_fail_so() {
        let mut script = script();
        script.add(&Line { number: 3, text: "false # exit 1".into() });
        assert!(script.text.ends_with("{ false # exit 1\n} || code=$?\n[ $code = 1 ]\n"), "{}", script.text);
    }

    #[test]
    fn absolute_paths_lead_into_the_folder() {
        let text = script().here("a=/usr/local; sed \"/x/p\" y/tmp/z > /etc/k; ls ~/m");
        let ours = "a=/w/readme/elsewhere/usr/local; sed \"/x/p\" y/tmp/z > /w/readme/elsewhere/etc/k; ls /w/readme/elsewhere/~/m";
        assert_eq!(text, ours);
    }
}
