//! How the command ends: exit codes and errors, for wrong usage and for services in trouble.

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;
mod world;

use clap::{CommandFactory, Parser};
use rsm_cli::arguments::{Arguments, Command, MediaCommand};
use support::{Answer, Fake};
use world::{at_rest, rsm};

#[test]
fn the_tree_of_commands_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn a_mount_is_parsed_whole() {
    let line = "rsm media mount A1 --drive 0 --write --priority -15 --timeout 5m --no-wait --fail-if-busy";
    let arguments = Arguments::try_parse_from(line.split(' ')).expect("a command");
    let Command::Media(MediaCommand::Mount(mount)) = arguments.command else { panic!("a mount") };
    insta::assert_debug_snapshot!(mount, @r#"
    MountArguments {
        media: [
            "A1",
        ],
        side: A,
        drives: [
            "0",
        ],
        read: false,
        write: true,
        priority: -15,
        timeout: TimeSpan {
            milliseconds: 300000,
        },
        no_wait: true,
        fail_if_busy: true,
        fail_if_offline: false,
    }
    "#);
}

#[test]
fn the_last_of_wait_and_no_wait_counts() {
    for (line, no_wait) in [("--wait --no-wait", true), ("--no-wait --wait", false)] {
        let line = format!("rsm library inventory lib0 {line}");
        let arguments = Arguments::try_parse_from(line.split(' ')).expect("a command");
        let Command::Library(rsm_cli::arguments::LibraryCommand::Inventory(inventory)) = arguments.command
        else {
            panic!("an inventory")
        };
        assert_eq!(inventory.no_wait, no_wait, "{line}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let fake = Fake::start(|call| at_rest(call, &[]));
    insta::assert_snapshot!(rsm(&fake, &["media", "mont", "x"]), @r"
    --- stderr
    error: unrecognized subcommand 'mont'

      tip: a similar subcommand exists: 'mount'

    Usage: rsm media [OPTIONS] <COMMAND>

    For more information, try '--help'.

    next: rsm --help, or --help behind the command
    --- exit 2
    ");
    insta::assert_snapshot!(rsm(&fake, &["media", "mount", "x", "--priority", "99"]), @r"
    --- stderr
    error: invalid value '99' for '--priority <PRIORITY>': the range is -15 to 15

    For more information, try '--help'.

    next: rsm --help, or --help behind the command
    --- exit 2
    ");
    insta::assert_snapshot!(rsm(&fake, &["drive", "write", "0", "--json"]), @r#"
    --- stderr
    {"error":{"cause":"the following required arguments were not provided: <--text <TEXT>|--file <PATH>>","name":"ERROR_INVALID_PARAMETER","next":"rsm --help","number":87}}
    --- exit 2
    "#);
    insta::assert_snapshot!(rsm(&fake, &["api", "MountNtmsMedium"]), @r#"
    --- stderr
    rsm: there is no function "MountNtmsMedium".
         ERROR_INVALID_PARAMETER (87)
    next: did you mean MountNtmsMedia?
    --- exit 2
    "#);
    assert!(fake.calls().is_empty(), "nothing was sent");
}

#[test]
fn a_service_that_is_not_there_ends_with_3() {
    let fake = Fake::start(|_| None);
    let nowhere = fake.socket().with_file_name("none").display().to_string();
    let printed = rsm(&fake, &["library", "list", "--socket", &nowhere]);
    insta::assert_snapshot!(printed.replace(&nowhere, "NOWHERE"), @r"
    --- stderr
    rsm: the service cannot be reached at NOWHERE: No such file or directory (os error 2)
         ERROR_NOT_CONNECTED (2250)
    next: is rsmd running? Start it, or name its socket in RSM_SOCKET.
    --- exit 3
    ");
    let printed = rsm(&fake, &["library", "list", "--json", "--socket", &nowhere]);
    insta::assert_snapshot!(printed.replace(&nowhere, "NOWHERE"), @r#"
    --- stderr
    {"error":{"cause":"the service cannot be reached at NOWHERE: No such file or directory (os error 2)","name":"ERROR_NOT_CONNECTED","next":"is rsmd running? Start it, or name its socket in RSM_SOCKET.","number":2250}}
    --- exit 3
    "#);
}

#[test]
fn a_service_that_starts_ends_with_3() {
    let starting =
        || Answer::Refusal("ERROR_NOT_READY", 21, "the manager is starting", "try again in a moment");
    let fake = Fake::start(move |_| Some(starting()));
    insta::assert_snapshot!(rsm(&fake, &["library", "list"]), @r"
    --- stderr
    rsm: the manager is starting
         ERROR_NOT_READY (21)
    next: try again in a moment
    --- exit 3
    ");
}

#[test]
fn something_else_behind_the_socket_ends_with_3() {
    let fake = Fake::start(|_| Some(Answer::Nonsense));
    insta::assert_snapshot!(rsm(&fake, &["library", "list"]), @r"
    --- stderr
    rsm: the answer to OpenNtmsSession cannot be understood: it is no HTTP response: invalid HTTP version
         ERROR_NOT_CONNECTED (2250)
    next: check that the socket belongs to rsmd and that both are of the same version.
    --- exit 3
    ");
}

#[test]
fn a_manager_that_was_restarted_in_mid_call_ends_with_3() {
    let fake = Fake::start(|call| {
        let cause = "The session belongs to an earlier run of the service.";
        (call.function != "OpenNtmsSession").then_some(Answer::Refusal(
            "ERROR_NOT_CONNECTED",
            2250,
            cause,
            "Open a new session.",
        ))
    });
    insta::assert_snapshot!(rsm(&fake, &["slot", "list"]), @r"
    --- stderr
    rsm: The session belongs to an earlier run of the service.
         ERROR_NOT_CONNECTED (2250)
    next: look with `rsm request list`, then give the command again.
    --- exit 3
    ");
}

#[test]
fn completions_name_the_commands() {
    let fake = Fake::start(|_| None);
    let script = rsm(&fake, &["completions", "bash"]);
    assert!(script.contains("rsm__subcmd__media") || script.contains("rsm__media"), "{script}");
    assert!(fake.calls().is_empty(), "nothing was sent");
}
