//! The worker process: reads a `Hello` and then orders as frames on standard input, writes reports as frames on
//! standard output, and logs to standard error.
//!
//! Invariants: it ends when its input ends or its parent dies, so it never outlives its manager; it opens its device
//! when an order needs it, and no device error ends it.

use anyhow::{Context, bail};
use clap::Parser;
use rsm_device::{Reopening, SystemPause};
use rsm_step::{Hello, Outcome, StepOrder, framing};
use rsm_worker::Executor;
use rustix::process::{Signal, getppid, set_parent_process_death_signal};
use std::io::{stdin, stdout};

/// Drives one device for the Removable Storage Manager. Started by rsmd, which speaks the step protocol with it over
/// its standard input and output; not meant to be started by hand.
#[derive(Parser)]
#[command(version)]
struct Arguments {}

fn main() -> anyhow::Result<()> {
    Arguments::parse();
    let parent = getppid();
    // A worker is killed, not asked: it may be waiting for a device that never answers.
    set_parent_process_death_signal(Some(Signal::KILL)).context("cannot tie this process to its parent")?;
    if getppid() != parent {
        // The parent died before the signal was set.
        return Ok(());
    }
    let (mut input, mut output) = (stdin().lock(), stdout().lock());
    let Some(hello) = framing::read::<Hello>(&mut input).context("the first frame is no hello")? else {
        return Ok(());
    };
    let name = &hello.device.0;
    eprintln!("rsm-worker {name}: epoch {}, device at {}", hello.epoch.0, hello.address);
    let transport = Box::new(Reopening::new(hello.address.clone()));
    let mut executor = Executor::new(hello.kind, transport, Box::new(SystemPause::new()));
    while let Some(order) = framing::read::<StepOrder>(&mut input).context("a frame is no order")? {
        if order.device != hello.device || order.epoch != hello.epoch {
            bail!(
                "step {} is for {} in epoch {}, this worker drives {name} in epoch {}",
                order.id.0,
                order.device.0,
                order.epoch.0,
                hello.epoch.0
            );
        }
        let report = executor.carry_out(&order);
        if let Outcome::Failed { failure, text, .. } = &report.outcome {
            eprintln!("rsm-worker {name}: {} failed ({failure:?}): {text}", order.step.word());
        }
        framing::write(&mut output, &report).context("cannot report")?;
    }
    Ok(())
}
