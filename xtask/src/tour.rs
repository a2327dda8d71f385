//! `cargo xtask tour`: the main job from end to end, on the simulated library or on a foreign one.
//!
//! ```text
//!   build ─► bed (rsm-sim, or tgtd on loopback) ─► rsmd ─► rsm: inventory, read labels, make blank media free,
//!   make a pool, allocate, mount in a named drive, write a nonce, read it back, dismount, deallocate, history
//!   ─► a slot for the cleaner, inject, clean, eject, release, a question to an operator, notifications
//!   ─► on tgtd: the nonce is in the image with that bar code
//! ```
//!
//! Why: what a new user sees first is also a test of the whole. Invariants: every line of output comes from the
//! project's own commands; a step that does not do what it should ends the tour with a non-zero status; every
//! process that the tour started is ended by its pid, however the tour ends.

mod bed;
mod hands;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use serde_json::Value;

use crate::run;
use bed::Running;

/// Longest wait for anything that the tour expects; the beds answer in well under a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pool of the tour's application.
const POOL: &str = "\\Tour";

/// Which library the tour drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Bed {
    /// The project's own simulator: 2 drives, 24 slots.
    Sim,
    /// An iSCSI target on loopback, started by the command: 2 drives, 20 slots, 4 ports.
    Tgtd,
}

/// A manager with its library, and the command line to it.
struct Stage {
    programs: PathBuf,
    socket: PathBuf,
    /// Dropped in reverse of starting: the manager goes before the library.
    _manager: Running,
}

/// Walks through the main job on the library.
pub fn run(root: &Path, bed: Bed) -> Result<()> {
    if bed == Bed::Tgtd {
        bed::need_tgtd()?;
    }
    run::build_all(root)?;
    let begun = Instant::now();
    let programs = run::target_dir(root).join("debug");
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let library = match bed {
        Bed::Sim => bed::simulator(&programs, folder.path())?,
        Bed::Tgtd => bed::target(folder.path())?,
    };
    let stage = Stage::start(&programs, folder.path(), &library.devices)?;
    let tour = walk(&stage).inspect_err(|_| stage.look_back())?;
    hands::walk(&stage, &library.hands).inspect_err(|_| stage.look_back())?;
    if bed == Bed::Tgtd {
        only_in_image(&library.media, &tour.bar_code, &tour.nonce)?;
        println!("\nThe nonce is in the image {} and in no other.", tour.bar_code);
    }
    println!("\ntour {bed:?} done in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// What the walk did, for whoever checks it from outside.
struct Tour {
    bar_code: String,
    nonce: String,
}

fn walk(stage: &Stage) -> Result<Tour> {
    take_in(stage)?;
    let logical = allocate(stage)?;
    let media = stage.json(&["media", "list"])?;
    let owned = rows(&media).iter().find(|row| row["sides"][0]["logical_medium"] == logical.as_str());
    let bar_code =
        owned.and_then(|row| row["bar_code"].as_str()).context("the allocated side has a medium")?;
    let nonce = write_and_read(stage, &logical)?;
    say("Give the side back; what was written stays until somebody else gets it.");
    stage.show(&["media", "deallocate", &logical])?;
    stage.show(&["media", "list", "--pool", POOL])?;
    say("What did the robot do, and why?");
    let history = stage.show(&["library", "history", "lab", "--limit", "60"])?;
    ensure!(history.contains(&format!("move {bar_code}")), "the history does not tell of the move");
    Ok(Tour { bar_code: bar_code.to_owned(), nonce })
}

/// Finds out what is there, reads labels, and makes the blank media free.
fn take_in(stage: &Stage) -> Result<()> {
    say("What is in the library?");
    stage.until("the library to be read", |stage| {
        let libraries = stage.json(&["library", "list"])?;
        Ok(field_is(&libraries, "state", "ready"))
    })?;
    stage.show(&["library", "inventory", "lab", "--method", "fast"])?;
    stage.show(&["media", "list"])?;
    say("Nobody has read these cartridges yet: what is on the first three?");
    stage.show(&["media", "classify", "--library", "lab", "--most", "3", "--wait"])?;
    stage.show(&["media", "list"])?;
    let media = stage.json(&["media", "list"])?;
    let blank = bar_codes(&media, |row| row["sides"][0]["label"] == "blank");
    ensure!(blank.len() == 3, "three blank cartridges are wanted, and {blank:?} are");
    say("They are blank. Make two of them free for everybody: they get a free label.");
    let free = format!("\\Free\\{}", media_type(&media)?);
    for bar_code in &blank[..2] {
        stage.show(&["pool", "move", bar_code, &free])?;
    }
    stage.show(&["media", "list", "--pool", &free]).map(drop)
}

/// Makes a pool and gets a side of its own; gives the logical medium.
fn allocate(stage: &Stage) -> Result<String> {
    let media_type = media_type(&stage.json(&["media", "list"])?)?;
    say("A pool for an application, that draws on the free media. It wants a side.");
    stage.show(&["pool", "create", POOL, "--media-type", &media_type, "--from-free"])?;
    let logical = stage.show(&["media", "allocate", POOL, "--name", "tour", "--timeout", "15s"])?;
    stage.show(&["pool", "list"])?;
    Ok(logical.trim().to_owned())
}

/// Mounts the side, leaves a nonce on it, and takes it home; gives the nonce.
fn write_and_read(stage: &Stage, logical: &str) -> Result<String> {
    say("Mount it in drive 2 by its logical medium, write a nonce, read it back.");
    stage.show(&["media", "mount", logical, "--drive", "Drive 2", "--write", "--timeout", "15s"])?;
    stage.show(&["drive", "list"])?;
    let nonce = nonce()?;
    stage.show(&["drive", "write", "Drive 2", "--text", &nonce])?;
    let read = stage.show(&["drive", "read", "Drive 2"])?;
    ensure!(read.contains(&nonce), "drive 2 read {read:?} and not the nonce {nonce:?}");
    say("Put it away.");
    stage.show(&["media", "dismount", logical])?;
    stage.until("the cartridge to be back in its slot", |stage| {
        let media = stage.json(&["media", "list"])?;
        let back = rows(&media).iter().any(|row| {
            let place = row["location"].as_str().unwrap_or_default().to_lowercase();
            let is_ours = row["sides"][0]["logical_medium"] == logical;
            is_ours && row["state"] == "idle" && place.contains("slot")
        });
        Ok(back)
    })?;
    Ok(nonce)
}

fn say(what: &str) {
    println!("\n== {what}");
}

impl Stage {
    /// Starts the manager on the devices of a library.
    fn start(programs: &Path, folder: &Path, devices: &[String]) -> Result<Self> {
        let socket = folder.join("rsm.sock");
        let (changer, drives) = devices.split_first().context("a library has a changer")?;
        let text = format!(
            "[manager]\nsocket = {socket:?}\nstate_dir = {:?}\n\n[[library]]\nname = \"lab\"\nchanger = {changer:?}\n\
             drives = {drives:?}\ninventory = \"fast\"\n",
            folder.join("state"),
        );
        let config = folder.join("rsmd.toml");
        std::fs::write(&config, &text).context("the configuration cannot be written")?;
        println!("The manager's configuration:\n\n{text}");
        let mut command = Command::new(programs.join("rsmd"));
        command.arg("--config").arg(&config).arg("--ready-line").env("RUST_LOG", "warn");
        let manager = Running::ready(command)?;
        Ok(Self { programs: programs.to_path_buf(), socket, _manager: manager })
    }

    fn rsm(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(self.programs.join("rsm"));
        command.arg("--socket").arg(&self.socket).args(arguments).stdin(Stdio::null());
        let output = command.output().context("rsm cannot be started")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            bail!("`rsm {}` ended with {}: {text}{error}", arguments.join(" "), output.status);
        }
        Ok(text)
    }

    /// Runs a command before the visitor's eyes.
    fn show(&self, arguments: &[&str]) -> Result<String> {
        let quoted = |word: &&str| match word.contains([' ', '\\']) {
            true => format!("'{word}'"),
            false => (*word).to_string(),
        };
        println!("$ rsm {}", arguments.iter().map(quoted).collect::<Vec<_>>().join(" "));
        let text = self.rsm(arguments)?;
        print!("{text}");
        Ok(text)
    }

    /// Shows what the service knows of a tour that failed.
    fn look_back(&self) {
        for question in [["drive", "list"], ["request", "list"], ["operator", "list"], ["library", "history"]]
        {
            if let Err(error) = self.show(&question) {
                println!("{error:#}");
            }
        }
    }

    fn json(&self, arguments: &[&str]) -> Result<Value> {
        let text = self.rsm(&[&["--json"], arguments].concat())?;
        serde_json::from_str(&text).with_context(|| format!("`rsm {}` printed no JSON", arguments.join(" ")))
    }

    /// Asks again and again until something is so.
    fn until(&self, what: &str, so: impl Fn(&Self) -> Result<bool>) -> Result<()> {
        let begun = Instant::now();
        while !so(self)? {
            ensure!(begun.elapsed() < PATIENCE, "waited {} s for {what}", PATIENCE.as_secs());
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

fn rows(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn field_is(list: &Value, field: &str, wanted: &str) -> bool {
    rows(list).iter().any(|row| row[field] == wanted && row["name"] == "lab")
}

fn bar_codes(media: &Value, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let rows = rows(media).iter().filter(|row| wanted(row));
    let mut codes: Vec<String> =
        rows.filter_map(|row| row["bar_code"].as_str()).map(str::to_string).collect();
    codes.retain(|code| !code.is_empty());
    codes.sort();
    codes
}

/// The one type of all media that the tour's libraries hold.
fn media_type(media: &Value) -> Result<String> {
    let first = rows(media).first().and_then(|row| row["media_type"].as_str());
    first.map(str::to_owned).context("the library has no media")
}

/// Something that nobody has written on a tape before.
fn nonce() -> Result<String> {
    let mut bytes = [0; 12];
    let mut source = std::fs::File::open("/dev/urandom").context("no randomness")?;
    std::io::Read::read_exact(&mut source, &mut bytes).context("no randomness")?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("nonce-{digits}"))
}

/// Holds the foreign library to it: exactly the image with the printed bar code has the nonce.
fn only_in_image(media: &Path, bar_code: &str, nonce: &str) -> Result<()> {
    let mut holders = Vec::new();
    for entry in std::fs::read_dir(media).context("the images cannot be listed")? {
        let entry = entry?;
        let bytes = std::fs::read(entry.path())?;
        if bytes.windows(nonce.len()).any(|window| window == nonce.as_bytes()) {
            holders.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    ensure!(holders == [bar_code], "the nonce is in {holders:?}, and should be in {bar_code} alone");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_image_may_hold_the_nonce() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("writable");
        put("A", "xx nonce-1 yy");
        put("B", "nothing");
        assert!(only_in_image(folder.path(), "A", "nonce-1").is_ok());
        assert!(only_in_image(folder.path(), "B", "nonce-1").is_err(), "it is in another");
        put("B", "nonce-1");
        assert!(only_in_image(folder.path(), "A", "nonce-1").is_err(), "it is in two");
    }
}
