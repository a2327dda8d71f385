//! The manual of `rsm`, made from the tree of commands.
//!
//! Why generated: docs/reference/cli.md is held by a test, so an option cannot be added without its line there.
//! Invariant: every command that can be typed has a section.

use crate::arguments::Arguments;
use clap::{Command, CommandFactory};
use std::fmt::Write;

/// What stands above the commands.
const PREFACE: &str = "\
<!-- Generated from the command's own help; `RSM_WRITE_MANUAL=1 cargo test -p rsm-cli --test manual` writes it. -->
# The command `rsm`

Objects are named by id, by bar code or by display name; drives also by number, pools by their path. A name that
several objects have is refused with the ids of all of them. The levels of a path are separated by a backslash, the
first one may be left out, and a slash is a letter like any other: `'Lab\\Daily'` and `'\\Lab\\Daily'` name one pool (quoted for the shell).

Results go to standard output, progress and errors to standard error. `--json` prints objects with stable keys: a
key is never renamed or left out, new ones may be added. An error is `{\"error\": {\"name\", \"number\", \"cause\",
\"next\"}}` on standard error.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | refused by the service, or what was named is not there |
| 2 | wrong usage |
| 3 | the service cannot be reached, or still starts |
| 130 | ended by a second Ctrl-C |

A mount belongs to the user and the application name, not to the process: `rsm media mount` and
`rsm media dismount` are two processes. Between them no session of the owner is open, so lists show the mount as
orphaned; nobody but its owner or an operator can release it. Ctrl-C during a mount that waits closes the session,
so the service cancels the request and the cartridge goes back; during an allocation that waits it takes back what
operators were asked. Should the process be killed, the session's lease of 60 s does the same. Ctrl-C during an
inventory, a move into a free pool or the reading of labels ends the wait, not the work.
";

/// Renders the manual.
pub fn markdown() -> String {
    let mut text = PREFACE.to_owned();
    let mut root = Arguments::command().disable_help_subcommand(true).term_width(100);
    root.build();
    section(&mut text, &mut root);
    text
}

fn section(text: &mut String, command: &mut Command) {
    let title = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(text, "\n## {title}\n\n```text\n{}\n```\n", lines.join("\n").trim_end())
        .expect("writing to a String does not fail");
    for inner in command.get_subcommands_mut().filter(|inner| inner.get_name() != "help") {
        section(text, inner);
    }
}
