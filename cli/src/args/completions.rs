//! `passerelle completions`

use clap::Args;
use clap_complete::Shell;

#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 printed, 2 wrong usage.

Examples:
  passerelle completions bash > ~/.local/share/bash-completion/completions/passerelle
  passerelle completions zsh > ~/.zfunc/_passerelle             with ~/.zfunc in fpath
  passerelle completions fish > ~/.config/fish/completions/passerelle.fish")]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}
