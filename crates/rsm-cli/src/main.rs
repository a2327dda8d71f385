//! The binary `rsm`: reads the arguments, runs the command, prints, and ends with its exit code.

use clap::Parser;
use rsm_cli::arguments::Arguments;
use rsm_cli::problem::Problem;
use rsm_cli::run::run;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match run(&arguments) {
        Ok(text) => print(&text),
        Err(problem) => {
            let text = if arguments.general.json { problem.json() } else { problem.text() };
            eprint!("{text}");
            problem.exit_code()
        }
    }
}

/// Ends for what clap did not accept; help and version are no errors.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return print(&error.to_string());
    }
    let text = error.to_string();
    if std::env::args().any(|argument| argument == "--json") {
        let cause: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        let problem = Problem::usage(cause.join(" ").trim_start_matches("error: "), "rsm --help");
        eprint!("{}", problem.json());
        return problem.exit_code();
    }
    eprint!("{text}\nnext: rsm --help, or --help behind the command\n");
    Problem::usage("", "").exit_code()
}

/// Prints a result; a reader that has gone away, such as `head`, is no failure.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rsm: standard output cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}
