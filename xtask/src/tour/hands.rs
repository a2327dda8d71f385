//! The second half of the tour: what operators live with. A slot for the cleaner, ports and hands, cleaning, a question
//! to a person, and the notifications of all of it.
//!
//! On the simulator hands reach into the library; on a foreign one nobody can, and the steps that need a hand are named and
//! left out.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::bed::Hands;
use super::{PATIENCE, Stage, rows, say};

/// The cleaning cartridge that is brought, and how often it can clean.
const CLEANER: &str = "CLN001L6";
const USES: &str = "20";

/// Notifications that are waited for: fewer than the steps bring about.
const NOTICES: usize = 4;

/// Walks through the work of an operator.
pub(super) fn walk(stage: &Stage, hands: &Hands) -> Result<()> {
    let listener = Listener::start(stage)?;
    let slot = last_slot(stage)?;
    say("Set a slot aside for a cleaning cartridge.");
    stage.show(&["library", "reserve-cleaner-slot", "lab", &slot])?;
    match hands {
        Hands::Simulated { .. } => {
            clean(stage, hands)?;
            eject(stage, hands)?;
        }
        // This target reports its ports as open at all times, and has nobody to reach in.
        Hands::None => {
            println!("Nobody can reach into this library: no cleaner is brought, and nothing leaves.")
        }
    }
    say("Nothing is set aside any more.");
    stage.show(&["library", "release-cleaner-slot", "lab"])?;
    ask(stage)?;
    say("What has a program that listens heard of all this?");
    listener.end()
}

/// A person brings a cleaner, a drive is cleaned, and the cleaner leaves.
fn clean(stage: &Stage, hands: &Hands) -> Result<()> {
    say("A person puts one into a port; it can clean twenty times.");
    let port = hands.port(0);
    hands.act(&["put-cleaner", &port, "--bar-code", CLEANER])?;
    stage.show(&["library", "inject-cleaner", "lab", "--uses", USES, "--wait"])?;
    say("Clean a drive.");
    stage.show(&["drive", "clean", "Drive 1"])?;
    stage.show(&["request", "list"])?;
    say("The cleaner leaves again: it goes to a port, and a person takes it.");
    stage.show(&["library", "eject-cleaner", "lab"])?;
    stage.until("the cleaner to be in a port", |stage| stands_in_port(stage, CLEANER))?;
    hands.act(&["take-out", &port])?;
    stage.until("the cleaner to be gone", |stage| Ok(place_of(stage, CLEANER)?.is_none()))
}

/// A medium goes to a port, is taken there, and is brought back.
fn eject(stage: &Stage, hands: &Hands) -> Result<()> {
    say("A medium leaves by a port.");
    let medium = &idle_medium(stage)?;
    stage.show(&["media", "eject", medium])?;
    stage.until("the medium to be in a port", |stage| stands_in_port(stage, medium))?;
    let port = hands.port(0);
    hands.act(&["take-out", &port])?;
    stage.until("the medium to be gone", |stage| {
        Ok(place_of(stage, medium)?.is_none_or(|place| place == "offline"))
    })?;
    say("It is offline now, or forgotten if nobody owned it. A person brings it back.");
    let number = hands.number_of(medium)?;
    hands.act(&["put-back", &number, &port])?;
    say("What stands in a port is taken in; the other ports wait for hands until that is ended.");
    let told = stage.show(&["library", "inject", "lab"])?;
    let insertion = told.split_whitespace().last().context("the insertion has an id")?.to_owned();
    stage.until("the medium to be in a slot", |stage| {
        Ok(place_of(stage, medium)?.is_some_and(|place| place.starts_with("slot")))
    })?;
    stage.show(&["library", "inject", "lab", "--stop", &insertion])?;
    ended(stage, &insertion)?;
    stage.show(&["media", "list"]).map(drop)
}

/// Waits until a request that was stopped has ended.
fn ended(stage: &Stage, request: &str) -> Result<()> {
    stage.until("the request to end", |stage| {
        let all = stage.json(&["request", "list"])?;
        Ok(rows(&all).iter().any(|row| row["id"] == request && row["state"] == "stopped"))
    })
}

/// A program asks a person for something, and is told that it was done.
fn ask(stage: &Stage) -> Result<()> {
    say("A program asks the operators for something; an operator says that it is done.");
    let told = stage.show(&["operator", "submit", "message", "--message", "please label the new tapes"])?;
    let id = told.split_whitespace().last().context("the request has an id")?.to_owned();
    stage.show(&["operator", "list"])?;
    stage.show(&["operator", "satisfy", &id])?;
    let state = stage.json(&["operator", "list"])?;
    let done = rows(&state).iter().any(|row| row["id"] == id.as_str() && row["state"] == "complete");
    ensure!(done, "the request was satisfied, and the list says otherwise: {state}");
    Ok(())
}

fn last_slot(stage: &Stage) -> Result<String> {
    let slots = stage.json(&["slot", "list"])?;
    let empty = rows(&slots).iter().filter(|row| row["state"] == "empty" && row["kind"] == "slot");
    let name = empty.filter_map(|row| row["name"].as_str()).next_back();
    name.map(str::to_owned).context("no slot is empty")
}

/// A medium that lies in its slot and is nobody's.
fn idle_medium(stage: &Stage) -> Result<String> {
    let media = stage.json(&["media", "list"])?;
    let idle = rows(&media).iter().rev().find(|row| {
        let place = row["location"].as_str().unwrap_or_default();
        row["state"] == "idle" && place.starts_with("slot") && row["bar_code"] != CLEANER
    });
    idle.and_then(|row| row["bar_code"].as_str()).map(str::to_owned).context("no medium is idle")
}

/// Where a medium is, as the service says; none when there is no record of it.
fn place_of(stage: &Stage, bar_code: &str) -> Result<Option<String>> {
    let media = stage.json(&["media", "list"])?;
    let found = rows(&media).iter().find(|row| row["bar_code"] == bar_code);
    Ok(found.and_then(|row| row["location"].as_str()).map(str::to_lowercase))
}

fn stands_in_port(stage: &Stage, bar_code: &str) -> Result<bool> {
    Ok(place_of(stage, bar_code)?.is_some_and(|place| place.starts_with("port")))
}

/// A program that listens while the rest goes on.
struct Listener {
    process: Child,
}

impl Listener {
    fn start(stage: &Stage) -> Result<Self> {
        say("A program listens to what changes.");
        println!("$ rsm events --type library-request --limit {NOTICES} &");
        let mut command = Command::new(stage.programs.join("rsm"));
        command.arg("--socket").arg(&stage.socket).args(["events", "--type", "library-request"]);
        command.args(["--limit", &NOTICES.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
        Ok(Self { process: command.spawn().context("rsm cannot be started")? })
    }

    /// Shows what it heard; it ends by itself after so many lines.
    fn end(mut self) -> Result<()> {
        let begun = Instant::now();
        while self.process.try_wait()?.is_none() {
            ensure!(begun.elapsed() < PATIENCE, "the listener heard less than {NOTICES} notifications");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let mut output = self.process.stdout.take().context("its output is piped")?;
        let mut text = String::new();
        std::io::Read::read_to_string(&mut output, &mut text)?;
        print!("{text}");
        ensure!(text.lines().count() == NOTICES, "{NOTICES} notifications were wanted");
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // One that has ended already needs nothing.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
