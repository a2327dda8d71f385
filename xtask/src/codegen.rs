//! `cargo xtask codegen`: files written from the function table.
//!
//! What: the codes, constants and function metadata of `rsm-model`, the C header and exports, and
//! the reference pages. Why: the table declares a function once; what can be derived from it is
//! derived, committed and held fresh by `--check`, so that a reader needs no generator and a change
//! of the table shows in the same diff. Invariant: the output depends on `docs/spec` and on the
//! templates alone, so a second run changes nothing.

mod capi;
mod codes;
mod constants;
mod functions;
mod header;
mod layouts;
mod pages;
mod text;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::spec::Spec;

/// What to do with the generated files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write those that differ.
    Write,
    /// Fail if any differs.
    Check,
}

/// Directories that hold generated files only: what is not generated there is stale.
const OWNED_DIRS: [&str; 2] = ["crates/rsm-model/src/generated", "docs/reference/functions"];

/// Writes or checks all generated files below `root`.
pub fn run(root: &Path, mode: Mode) -> Result<()> {
    let spec = Spec::load(root)?;
    let outputs = outputs(root, &spec)?;
    let stale = stale(root, &outputs)?;
    if mode == Mode::Check {
        if !stale.is_empty() {
            let names: Vec<_> = stale.iter().map(|path| path.display().to_string()).collect();
            bail!("stale: {}; run `cargo xtask codegen` and commit the result", names.join(", "));
        }
    } else {
        write(root, &outputs, &stale)?;
    }
    println!("codegen: {} files, {} differed", outputs.len(), stale.len());
    Ok(())
}

fn write(root: &Path, outputs: &[(PathBuf, String)], stale: &[PathBuf]) -> Result<()> {
    for path in stale {
        let full = root.join(path);
        match outputs.iter().find(|(name, _)| name == path) {
            Some((_, content)) => {
                let dir = full.parent().context("a generated file stands in a directory")?;
                std::fs::create_dir_all(dir)?;
                std::fs::write(&full, content).with_context(|| format!("cannot write {}", path.display()))?;
            }
            None => std::fs::remove_file(&full)
                .with_context(|| format!("cannot remove the left-over {}", path.display()))?,
        }
    }
    Ok(())
}

fn outputs(root: &Path, spec: &Spec) -> Result<Vec<(PathBuf, String)>> {
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    let model = Path::new("crates/rsm-model/src/generated");
    for (name, content) in [
        ("mod.rs", functions::module()),
        ("codes.rs", codes::render(spec)?),
        ("constants.rs", constants::render(spec)?),
        ("functions.rs", functions::render(spec)?),
    ] {
        files
            .push((model.join(name), rustfmt(root, &content).with_context(|| format!("formatting {name}"))?));
    }
    let capi = Path::new("crates/rsm-capi");
    files.push((
        capi.join("src/generated.rs"),
        rustfmt(root, &capi::render(spec)?).context("formatting the C exports")?,
    ));
    files.push((
        capi.join("src/layouts.rs"),
        rustfmt(root, &layouts::render(spec)?).context("formatting the layouts")?,
    ));
    files.push((capi.join("include/ntmsapi.h"), header::render(spec)?));
    files.extend(pages::render(spec)?);
    Ok(files)
}

/// Lists the generated files that differ from the committed ones, and left-over ones.
fn stale(root: &Path, outputs: &[(PathBuf, String)]) -> Result<Vec<PathBuf>> {
    let mut stale = Vec::new();
    for (path, content) in outputs {
        if std::fs::read_to_string(root.join(path)).ok().as_deref() != Some(content) {
            stale.push(path.clone());
        }
    }
    let wanted: BTreeSet<_> = outputs.iter().map(|(path, _)| path.clone()).collect();
    for dir in OWNED_DIRS {
        let Ok(entries) = std::fs::read_dir(root.join(dir)) else { continue };
        for entry in entries {
            let path = Path::new(dir).join(entry?.file_name());
            if !wanted.contains(&path) {
                stale.push(path);
            }
        }
    }
    Ok(stale)
}

/// Formats Rust source as `cargo fmt` would.
fn rustfmt(root: &Path, source: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("rustfmt is needed: rustup component add rustfmt")?;
    let mut stdin = child.stdin.take().context("stdin was asked for")?;
    stdin.write_all(source.as_bytes())?;
    drop(stdin);
    let out = child.wait_with_output()?;
    if !out.status.success() {
        bail!("rustfmt refused the generated source: {}", String::from_utf8_lossy(&out.stderr));
    }
    Ok(String::from_utf8(out.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    #[test]
    fn the_committed_files_are_fresh() {
        run(&workspace_root(), Mode::Check).expect("run `cargo xtask codegen`");
    }

    #[test]
    fn a_changed_missing_or_left_over_file_is_named() {
        let root = tempfile::tempdir().expect("a directory");
        let outputs = vec![
            (PathBuf::from("a.rs"), "one\n".to_owned()),
            (PathBuf::from("b.rs"), "two\n".to_owned()),
            (PathBuf::from("c.rs"), "three\n".to_owned()),
        ];
        std::fs::write(root.path().join("a.rs"), "one\n").expect("written");
        std::fs::write(root.path().join("b.rs"), "changed\n").expect("written");
        let owned = root.path().join(OWNED_DIRS[1]);
        std::fs::create_dir_all(&owned).expect("made");
        std::fs::write(owned.join("Gone.md"), "").expect("written");
        let left_over = Path::new(OWNED_DIRS[1]).join("Gone.md");
        let found = stale(root.path(), &outputs).expect("compared");
        assert_eq!(found, [PathBuf::from("b.rs"), PathBuf::from("c.rs"), left_over]);
        write(root.path(), &outputs, &found).expect("written");
        assert!(stale(root.path(), &outputs).expect("compared").is_empty());
    }
}
