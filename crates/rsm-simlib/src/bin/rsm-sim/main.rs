//! `rsm-sim`: a simulated library of tapes or discs, or a drive by itself, as a process.
//!
//! What: serves a library's commands over a Unix socket, keeps it in a directory, and lets people
//! control it (`rsm-sim ctl`). Why a process: a manager must survive that the library goes on while
//! it is dead itself, and that the library is switched off under it.
//!
//! Promises: `ready` is printed on standard output once commands are taken; a command that was
//! answered survives `kill -9`; SIGTERM and SIGINT save the state and end with exit code 0.

mod ctl;
mod server;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use rsm_simlib::LibraryConfig;

/// A simulated library of tapes or discs, or a drive by itself.
#[derive(Parser)]
#[command(name = "rsm-sim", version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Sub>,
    #[command(flatten)]
    serve: Option<Serve>,
}

#[derive(Subcommand)]
enum Sub {
    /// Shows a running library, puts hands in, arms faults.
    Ctl(ctl::Ctl),
}

/// Serves a library.
#[derive(Args)]
struct Serve {
    /// The library's configuration in TOML; an empty file is two drives and 24 slots.
    #[arg(long)]
    config: PathBuf,
    /// The directory that keeps the library; made if it is not there.
    #[arg(long)]
    state: PathBuf,
    /// The Unix socket on which commands are taken.
    #[arg(long)]
    socket: PathBuf,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match (cli.command, cli.serve) {
        (Some(Sub::Ctl(ctl)), _) => ctl.run(),
        (None, Some(serve)) => read_config(&serve)
            .and_then(|config| server::Server::start(&serve.state, &serve.socket, config)?.serve()),
        (None, None) => Err(anyhow::anyhow!(
            "nothing to do: give --config, --state and --socket to serve a library, or `ctl`; see --help"
        )),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rsm-sim: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn read_config(serve: &Serve) -> anyhow::Result<LibraryConfig> {
    let text = std::fs::read_to_string(&serve.config)
        .with_context(|| format!("the configuration {} cannot be read", serve.config.display()))?;
    LibraryConfig::from_toml(&text)
        .with_context(|| format!("the configuration {} must be corrected", serve.config.display()))
}
