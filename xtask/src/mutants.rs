//! `cargo xtask simulate --mutants`: does the simulation find what it should?
//!
//! What: applies each patch of `crates/rsm-testkit/mutants` to a copy of the sources, builds the
//! simulation from it and runs it over seeds until the first violation. Why: a simulation that never
//! fails proves nothing; each patch takes one safeguard away, and the invariant named in its head must
//! notice. Invariant: the project's own files are never touched; a mutant counts as found only by a
//! `VIOLATION` line with the named invariant and exit status 1, never by a panic or by another
//! invariant.
//!
//! A patch starts with head lines, `Title: ...` and `Finds: <invariant>`, and then the diff. A third, `Seed: <number>`, may
//! say where it was found last: the seeds are gone through from there, and then from the first, so that a mutant which only
//! a late seed finds does not cost minutes each time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{run, tidy};

/// Seeds after which a mutant counts as not found.
const SEEDS: u64 = 500;
/// A run that takes longer hangs: unharmed, the seeds take a small part of this.
const LIMIT: Duration = Duration::from_secs(600);
/// Fewer patches than this say too little about the simulation.
const AT_LEAST: usize = 8;

/// One patch.
#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    path: PathBuf,
    title: String,
    finds: String,
    seed: u64,
}

/// How a run against a mutant ended.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Found { seed: u64 },
    Missed(String),
}

/// Runs every mutant; one that is not found as its head says is an error.
pub fn run(root: &Path) -> Result<()> {
    let mutants = load(&root.join("crates/rsm-testkit/mutants"))?;
    let area = run::target_dir(root).join("mutants");
    let copy = area.join("src");
    let mut found = 0;
    let begun = Instant::now();
    for mutant in &mutants {
        let started = Instant::now();
        // One that no longer fits or builds must not keep the others from being tried.
        let verdict =
            one(root, &area, &copy, mutant).unwrap_or_else(|error| Verdict::Missed(format!("{error:#}")));
        let seconds = started.elapsed().as_secs_f64();
        let name = mutant.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match verdict {
            Verdict::Found { seed } => {
                found += 1;
                println!(
                    "mutant {name} ({}): found by {} at seed {seed}, {seconds:.1} s",
                    mutant.title, mutant.finds
                );
            }
            Verdict::Missed(why) => {
                println!(
                    "mutant {name} ({}): NOT FOUND by {}: {why}, {seconds:.1} s",
                    mutant.title, mutant.finds
                )
            }
        }
    }
    println!("all mutants: {:.0} s", begun.elapsed().as_secs_f64());
    println!("mutants {} found {found}", mutants.len());
    if mutants.len() < AT_LEAST {
        bail!("{} mutants are fewer than {AT_LEAST}", mutants.len());
    }
    if found < mutants.len() {
        bail!("{} mutants were not found as their heads say", mutants.len() - found);
    }
    Ok(())
}

fn load(dir: &Path) -> Result<Vec<Mutant>> {
    let mut mutants = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("{} holds the mutants", dir.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "patch") {
            let text = std::fs::read_to_string(&path)?;
            mutants.push(parse(&path, &text).with_context(|| format!("in {}", path.display()))?);
        }
    }
    mutants.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(mutants)
}

fn parse(path: &Path, text: &str) -> Result<Mutant> {
    let head = |key: &str| {
        let line =
            text.lines().take_while(|line| !line.starts_with("--- ")).find_map(|line| line.strip_prefix(key));
        line.map(|value| value.trim().to_owned()).with_context(|| format!("no head line `{key}`"))
    };
    let seed = match head("Seed:") {
        Ok(number) => number.parse().with_context(|| format!("`{number}` is no seed"))?,
        Err(_) => 0,
    };
    if seed >= SEEDS {
        bail!("seed {seed} is not one of the {SEEDS} that are gone through");
    }
    let mutant = Mutant { path: path.to_owned(), title: head("Title:")?, finds: head("Finds:")?, seed };
    let mut touched = text.lines().filter_map(|line| line.strip_prefix("+++ b/")).peekable();
    if touched.peek().is_none() {
        bail!("the patch touches no file");
    }
    for file in touched {
        let tested = file.starts_with("crates/")
            && !file.starts_with("crates/rsm-testkit/")
            && !file.contains("/tests/");
        if !tested {
            bail!("a mutant changes what is tested, not the tests: {file}");
        }
    }
    Ok(mutant)
}

fn one(root: &Path, area: &Path, copy: &Path, mutant: &Mutant) -> Result<Verdict> {
    refresh(root, copy)?;
    apply(area, copy, &mutant.path)?;
    let target = area.join("target");
    let mut build = Command::new(run::cargo_program());
    build
        .args(["build", "--quiet", "--package", "rsm-testkit", "--bin", "rsm-simulate"])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", &target)
        // Forty builds of nearly the same, whatever is set for those that are made once.
        .env("CARGO_INCREMENTAL", "1");
    run::checked(&mut build).context("a mutant must compile")?;
    // From where it was found last, and then what is left.
    for seeds in [mutant.seed..SEEDS, 0..mutant.seed].into_iter().filter(|seeds| !seeds.is_empty()) {
        let (count, from) = ((seeds.end - seeds.start).to_string(), seeds.start.to_string());
        let mut simulate = Command::new(target.join("debug/rsm-simulate"));
        simulate.args(["--seeds", &count, "--from", &from]).current_dir(copy);
        match bounded(area, &mut simulate, LIMIT)? {
            Some(out) if out.status.success() => {}
            Some(out) => return Ok(judge(&out, &mutant.finds)),
            None => {
                return Ok(Verdict::Missed(format!("the run did not end within {} s", LIMIT.as_secs())));
            }
        }
    }
    Ok(Verdict::Missed(format!("{SEEDS} seeds passed")))
}

/// Runs a command, its output going to files, and ends it when its time is over.
fn bounded(area: &Path, command: &mut Command, limit: Duration) -> Result<Option<Output>> {
    let paths = [area.join("stdout"), area.join("stderr")];
    let [stdout, stderr] = &paths;
    command
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(stdout)?)
        .stderr(std::fs::File::create(stderr)?);
    let line = run::line(command);
    let mut child = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
    let start = Instant::now();
    let status: ExitStatus = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    Ok(Some(Output { status, stdout: std::fs::read(stdout)?, stderr: std::fs::read(stderr)? }))
}

/// Brings the copy to the state of the sources; files that are equal keep their time, so that cargo
/// builds again only what changed.
fn refresh(root: &Path, copy: &Path) -> Result<()> {
    let wanted = tidy::files(root)?;
    for path in &wanted {
        let content = std::fs::read(root.join(path))?;
        let to = copy.join(path);
        if std::fs::read(&to).ok().as_ref() != Some(&content) {
            std::fs::create_dir_all(to.parent().context("a file stands in a directory")?)?;
            std::fs::write(&to, content)?;
        }
    }
    let wanted: BTreeSet<&PathBuf> = wanted.iter().collect();
    remove_others(copy, copy, &wanted)
}

fn remove_others(copy: &Path, dir: &Path, wanted: &BTreeSet<&PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let relative = path.strip_prefix(copy)?.to_owned();
        if path.is_dir() {
            remove_others(copy, &path, wanted)?;
        } else if !wanted.contains(&relative) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn apply(area: &Path, copy: &Path, patch: &Path) -> Result<()> {
    // The copy may lie inside the project's own work tree; without this border git would take paths
    // from the project's root and skip every one of them without a word.
    let mut git = Command::new("git");
    git.arg("apply").arg(patch).current_dir(copy);
    git.env("GIT_CEILING_DIRECTORIES", area).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    run::checked(&mut git).with_context(|| format!("{} no longer fits the sources", patch.display()))
}

fn judge(out: &Output, finds: &str) -> Verdict {
    let text = String::from_utf8_lossy(&out.stdout);
    let violation = text.lines().find_map(violation);
    match (out.status.code(), violation) {
        (Some(1), Some((name, seed))) if name == finds => Verdict::Found { seed },
        (Some(1), Some((name, seed))) => Verdict::Missed(format!("{name} noticed instead, at seed {seed}")),
        (Some(1), None) => Verdict::Missed("no violation was printed".to_owned()),
        (Some(0), _) => Verdict::Missed("the seeds passed".to_owned()),
        (code, _) => {
            let tail = String::from_utf8_lossy(&out.stderr);
            let last = tail.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
            Verdict::Missed(format!("the run ended with {code:?}, a panic perhaps: {last}"))
        }
    }
}

fn violation(line: &str) -> Option<(&str, u64)> {
    let rest = line.strip_prefix("VIOLATION ")?;
    let value = |key: &str| rest.split_whitespace().find_map(|word| word.strip_prefix(key));
    Some((value("invariant=")?, value("seed=")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn output(status: i32, stdout: &str) -> Output {
        Output {
            status: ExitStatus::from_raw(status << 8),
            stdout: stdout.into(),
            stderr: b"panicked\n".to_vec(),
        }
    }

    #[test]
    fn only_the_named_invariant_counts() {
        let line = "VIOLATION invariant=one-place seed=17\n";
        assert_eq!(judge(&output(1, line), "one-place"), Verdict::Found { seed: 17 });
        for (status, text) in [(1, "VIOLATION invariant=other seed=1"), (1, ""), (0, line), (101, line)] {
            assert!(
                matches!(judge(&output(status, text), "one-place"), Verdict::Missed(_)),
                "{status} {text}"
            );
        }
    }

    #[test]
    fn a_run_that_hangs_is_ended() {
        let area = tempfile::tempdir().expect("a directory");
        let hung =
            bounded(area.path(), Command::new("sleep").arg("60"), Duration::from_millis(50)).expect("run");
        assert!(hung.is_none());
        let done = bounded(area.path(), Command::new("echo").arg("text"), LIMIT).expect("run").expect("ends");
        assert_eq!((done.status.code(), done.stdout.as_slice()), (Some(0), b"text\n".as_slice()));
    }

    #[test]
    fn a_patch_needs_its_head_and_must_not_touch_tests() {
        let path = Path::new("a.patch");
        let good = "Title: no intent\nFinds: intent-first\n--- a/crates/rsm-engine/src/a.rs\n+++ b/crates/rsm-engine/src/a.rs\n";
        let mutant = parse(path, good).expect("parsed");
        assert_eq!((mutant.title.as_str(), mutant.finds.as_str()), ("no intent", "intent-first"));
        assert_eq!(mutant.seed, 0, "none is named");
        let known = |seed: &str| parse(path, &format!("Seed: {seed}\n{good}"));
        assert_eq!(known("237").expect("parsed").seed, 237);
        assert!(known("500").is_err() && known("soon").is_err(), "one of those that are gone through");
        assert!(parse(path, &good.replace("Finds:", "Catches:")).is_err());
        assert!(parse(path, &good.replace("rsm-engine", "rsm-testkit")).is_err());
        assert!(parse(path, &good.replace("src/a.rs", "tests/a.rs")).is_err());
        assert!(parse(path, "Title: x\nFinds: y\n").is_err());
    }

    #[test]
    fn every_patch_fits_the_sources() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        let all = load(&root.join("crates/rsm-testkit/mutants")).expect("mutants");
        for mutant in &all {
            let mut git = Command::new("git");
            run::checked(git.args(["apply", "--check"]).arg(&mutant.path).current_dir(root))
                .unwrap_or_else(|error| panic!("{} does not fit: {error:#}", mutant.path.display()));
        }
        assert!(all.len() >= AT_LEAST);
    }

    #[test]
    fn a_patch_is_applied_to_the_copy_alone_even_inside_a_work_tree() {
        let root = tempfile::tempdir().expect("a directory");
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            run::checked(command.args(arguments).current_dir(root.path())).expect("git");
        };
        git(&["init", "--quiet"]);
        std::fs::create_dir_all(root.path().join("crates/a")).expect("made");
        std::fs::write(root.path().join("crates/a/lib.rs"), "one\n").expect("written");
        std::fs::write(root.path().join(".gitignore"), "/target\n").expect("written");
        git(&["add", "."]);
        let area = root.path().join("target/mutants");
        let copy = area.join("src");
        std::fs::create_dir_all(&copy).expect("made");
        refresh(root.path(), &copy).expect("copied");
        let patch = root.path().join("m.patch");
        std::fs::write(
            &patch,
            "Title: x\n--- a/crates/a/lib.rs\n+++ b/crates/a/lib.rs\n@@ -1 +1 @@\n-one\n+two\n",
        )
        .expect("written");
        apply(&area, &copy, &patch).expect("applied");
        let read = |path: PathBuf| std::fs::read_to_string(path).expect("read");
        assert_eq!(read(copy.join("crates/a/lib.rs")), "two\n");
        assert_eq!(read(root.path().join("crates/a/lib.rs")), "one\n");
        std::fs::write(copy.join("stray.rs"), "").expect("written");
        refresh(root.path(), &copy).expect("restored");
        assert_eq!(read(copy.join("crates/a/lib.rs")), "one\n");
        assert!(!copy.join("stray.rs").exists());
    }
}
