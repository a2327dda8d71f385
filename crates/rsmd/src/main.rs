//! rsmd: the Removable Storage Manager as a process.
//!
//! Exit status: 0 it was told to stop, or the configuration is good; 1 it could not start or go on; 2 the
//! configuration is wrong; 3 another manager runs with this database or socket.

use clap::Parser;
use rsmd::config::Config;
use rsmd::daemon::{self, DaemonError, ReadyLine};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

const FAILED: u8 = 1;
const WRONG_CONFIGURATION: u8 = 2;
const SECOND_INSTANCE: u8 = 3;

/// Manages removable media: libraries, drives and cartridges, shared by programs that do not know each other.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Configuration file.
    #[arg(long, value_name = "FILE", default_value = "/etc/rsm/rsmd.toml")]
    config: PathBuf,
    /// Says what would be managed, and ends.
    #[arg(long)]
    check_config: bool,
    /// Prints `ready: socket PATH` on standard output once calls are taken.
    #[arg(long)]
    ready_line: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = match Config::load(&arguments.config) {
        Ok(config) => config,
        Err(error) => return failed(WRONG_CONFIGURATION, &error.to_string()),
    };
    if arguments.check_config {
        return check(&config);
    }
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,refinery_core=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let status = problems(&config);
    if status != ExitCode::SUCCESS {
        return status;
    }
    let ready_line = if arguments.ready_line { ReadyLine::Print } else { ReadyLine::Silent };
    match daemon::run(&config, ready_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ DaemonError::SecondInstance(_)) => failed(SECOND_INSTANCE, &error.to_string()),
        Err(DaemonError::Failed(error)) => failed(FAILED, &format!("{error:#}")),
    }
}

/// Says what would be managed, and everything that stands against it.
fn check(config: &Config) -> ExitCode {
    print!("{}", config.describe());
    for warning in config.warnings() {
        eprintln!("rsmd: warning: {warning}");
    }
    problems(config)
}

/// Names what stands against a configuration; a success when nothing does.
fn problems(config: &Config) -> ExitCode {
    let problems = [daemon::worker_binary(config).err(), daemon::roles(config).err()];
    let mut status = ExitCode::SUCCESS;
    for problem in problems.into_iter().flatten() {
        status = failed(WRONG_CONFIGURATION, &format!("{problem:#}"));
    }
    status
}

fn failed(status: u8, message: &str) -> ExitCode {
    eprintln!("rsmd: {message}");
    ExitCode::from(status)
}
