//! rsmd: the Removable Storage Manager as a process.
//!
//! It ends as [`End`] says.

use clap::Parser;
use rsmd::config::Config;
use rsmd::daemon::{self, ReadyLine};
use rsmd::ends::End;
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Manages removable media: libraries, drives and cartridges, shared by programs that do not know each other.
#[derive(Parser)]
#[command(version, after_help = End::table())]
struct Arguments {
    /// Configuration file.
    #[arg(long, value_name = "FILE", default_value = "/etc/rsm/rsmd.toml")]
    config: PathBuf,
    /// Says what would be managed and what stands against a start, and ends; changes and makes nothing.
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
        Err(error) => return failed(End::WrongConfiguration, &error.to_string()),
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
    let problems = daemon::wrong(&config);
    if !problems.is_empty() {
        return told(&problems);
    }
    let ready_line = if arguments.ready_line { ReadyLine::Print } else { ReadyLine::Silent };
    match daemon::run(&config, ready_line) {
        Ok(()) => End::Good.into(),
        Err(error) => failed(error.end(), &error.to_string()),
    }
}

/// Says what would be managed, and everything that stands against it.
fn check(config: &Config) -> ExitCode {
    print!("{}", config.describe());
    for warning in config.warnings() {
        eprintln!("rsmd: warning: {warning}");
    }
    let mut problems = daemon::wrong(config);
    problems.extend(daemon::in_the_way(config));
    told(&problems)
}

/// Names problems; the first decides how the process ends.
fn told(problems: &[(End, String)]) -> ExitCode {
    for (end, problem) in problems {
        failed(*end, problem);
    }
    problems.first().map_or(End::Good, |(end, _)| *end).into()
}

fn failed(end: End, message: &str) -> ExitCode {
    eprintln!("rsmd: {message}");
    end.into()
}
