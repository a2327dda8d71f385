//! Wrong starts: each ends with its own status, says cause and next step, and changes nothing; `--check-config` finds
//! the same beforehand.

mod stage;

use rsmd::ends::End;
use rusqlite::Connection;
use stage::{Home, until};
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// NTMS_NOT_PRESENT.
const NOT_PRESENT: u32 = 21;

type Content = BTreeMap<PathBuf, Vec<u8>>;

/// Everything below a folder, by path: what a start that is refused must leave as it is.
///
/// Left out is the empty file whose lock says who has the database: it says nothing when nobody has it.
fn content(folder: &Path) -> Content {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.insert(path.clone(), Vec::new());
            found.extend(content(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).expect("readable"));
        }
    }
    found.retain(|path, _| path.extension().is_none_or(|end| end != "lock"));
    found
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that must refuse to start, and gives what it told.
fn refused(mut command: Command, end: End) -> String {
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(i32::from(end as u8)), "{command:?}: {told}");
    told
}

/// Starts a manager, and looks at its configuration, both in vain; every part of the message must be told by both.
fn refused_both_ways(home: &Home, end: End, parts: &[&str]) {
    let before = content(home.folder.path());
    for way in ["--check-config", "--ready-line"] {
        let mut command = home.command();
        command.arg(way);
        let told = refused(command, end);
        for part in parts {
            assert!(told.contains(part), "{way}: {part:?} is missing in {told}");
        }
        assert_eq!(changed(&before, &content(home.folder.path())), Vec::<&PathBuf>::new(), "{way}");
    }
}

/// The files that are other than before, come or gone.
fn changed<'c>(before: &'c Content, after: &'c Content) -> Vec<&'c PathBuf> {
    let all = before.keys().chain(after.keys());
    all.filter(|path| before.get(*path) != after.get(*path)).collect()
}

fn home_with(text: &str) -> Home {
    let home = Home::new(None, "");
    std::fs::write(home.folder.path().join("rsmd.toml"), text).expect("writable");
    home
}

#[test]
fn the_help_lists_every_end() {
    let output = Command::new(env!("CARGO_BIN_EXE_rsmd")).arg("--help").output().expect("it runs");
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    for end in End::ALL {
        assert!(help.contains(&format!("\n  {}  {}\n", end as u8, end.meaning())), "{end:?}: {help}");
    }
}

#[test]
fn every_wrong_configuration_ends_with_2() {
    let long = "s".repeat(120);
    let library = |rest: &str| format!("[[library]]\nname = \"lab\"\n{rest}\n");
    let cases = [
        ("[manager]\nsocket = ".to_string(), vec!["line 2:"]),
        ("[manager]\nsoket = \"/s\"".to_string(), vec!["line 2:", "did you mean `socket`?"]),
        ("[manager]\nsocket = 5".to_string(), vec!["line 2:", "expected"]),
        ("[limits]\nmove_ms = \"long\"".to_string(), vec!["line 2:", "expected"]),
        ("[limits]\nmove_ms = -1".to_string(), vec!["line 2:", "expected"]),
        ("[limits]\nmove_ms = 0".to_string(), vec!["limits.move_ms is 0"]),
        (library("drives = []"), vec!["has no changer and 0 drives: give the address"]),
        (library("changer = \"sim:/s#0\""), vec!["missing field `drives`"]),
        (
            library("changer = \"/dev/sg3\"\ndrives = []"),
            vec!["/dev/sg3", "iscsi://HOST[:PORT]/TARGET/LUN is wanted"],
        ),
        (
            library("changer = \"iscsi://h:99999/t/0\"\ndrives = []"),
            vec!["the port in \"iscsi://h:99999/t/0\"", "a number from 1 to 65535 is wanted"],
        ),
        (
            library("changer = \"sim:/s#0\"\ndrives = [\"sim:/s#0\"]"),
            vec!["lab/drive-1 and lab/changer have the same address"],
        ),
        (
            library("changer = \"sim:/s#0\"\ndrives = [{address = \"sim:/s#1\", bay = 70000}]"),
            vec!["line 4:", "70000"],
        ),
        (
            library("changer = \"sim:/s#0\"\ndrives = []\ninventory = \"slow\""),
            vec!["unknown variant `slow`", "`fast`"],
        ),
        (
            format!("{0}{0}", library("changer = \"sim:/s#0\"\ndrives = []")),
            vec!["library \"lab\" is configured twice"],
        ),
        (
            format!("[manager]\nsocket = \"/{long}\""),
            vec!["manager.socket is 121 bytes long", "choose a shorter path"],
        ),
        ("[manager]\nworker = \"/no/such/worker\"".to_string(), vec!["install it, or set manager.worker"]),
        ("[manager]\nworker = \"/etc/passwd\"".to_string(), vec!["is not executable; set its mode"]),
        (
            "[manager]\nadmin_group = \"no-such-group-here\"".to_string(),
            vec!["no-such-group-here", "admin_group"],
        ),
    ];
    for (text, parts) in cases {
        refused_both_ways(&home_with(&text), End::WrongConfiguration, &parts);
    }
    let nothing = home_with("");
    std::fs::remove_file(nothing.folder.path().join("rsmd.toml")).expect("it is there");
    refused_both_ways(&nothing, End::WrongConfiguration, &["rsmd.toml cannot be read", "with --config"]);
    let binary = home_with("");
    std::fs::write(binary.folder.path().join("rsmd.toml"), [0xff, 0xfe, 0]).expect("writable");
    refused_both_ways(&binary, End::WrongConfiguration, &["rsmd.toml cannot be read", "with --config"]);
}

/// A home whose manager has run once and ended in order, and its database.
fn lived_in() -> (Home, PathBuf) {
    let home = Home::new(None, "");
    assert_eq!(home.start().stop(), Some(0));
    let database = home.folder.path().join("state/rsm.db");
    // A reader that was cut off at the end may have left the log; all of it shall be in the one file that is damaged.
    let own = Connection::open(&database).expect("it opens");
    own.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
        .expect("nobody else has it");
    drop(own);
    (home, database)
}

#[test]
fn a_database_of_a_later_version_is_left_alone() {
    let (home, database) = lived_in();
    let later = "INSERT INTO refinery_schema_history VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')";
    Connection::open(&database).and_then(|database| database.execute(later, [])).expect("it inserts");
    refused_both_ways(
        &home,
        End::NewerDatabase,
        &["the database has schema 99", "install the version that wrote it"],
    );
}

#[test]
fn a_damaged_database_is_left_alone() {
    let (home, database) = lived_in();
    let whole = std::fs::read(&database).expect("readable");
    let middle = whole.len() / 2 / 4096 * 4096;
    for (from, to) in [(0, 100), (middle, middle + 4096)] {
        let mut damaged = whole.clone();
        damaged[from..to].fill(0x5a);
        std::fs::write(&database, &damaged).expect("writable");
        refused_both_ways(
            &home,
            End::NoDatabaseOfOurs,
            &["the database is damaged", "restore it from a backup"],
        );
    }
    std::fs::write(&database, &whole[..whole.len() / 2]).expect("writable");
    refused_both_ways(&home, End::NoDatabaseOfOurs, &["the database is damaged", "restore it from a backup"]);
    std::fs::write(&database, &whole).expect("writable");
    assert_eq!(home.start().stop(), Some(0), "it was as good as before");
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let home = Home::new(None, "");
    std::fs::create_dir(home.folder.path().join("state")).expect("a folder");
    let database = home.folder.path().join("state/rsm.db");
    Connection::open(&database)
        .and_then(|own| own.execute_batch("CREATE TABLE diary (day)"))
        .expect("it makes one");
    refused_both_ways(
        &home,
        End::NoDatabaseOfOurs,
        &["belongs to another program", "configure another path"],
    );
}

#[test]
fn a_place_that_is_taken_by_something_else_is_told() {
    let home = Home::new(None, "");
    std::fs::write(home.folder.path().join("rsm.sock"), "notes").expect("writable");
    refused_at_start(&home, &["rsm.sock exists and is no socket; move it away"]);

    let home = Home::new(None, "");
    std::fs::write(home.folder.path().join("state"), "notes").expect("writable");
    refused_both_ways(&home, End::UnusablePlace, &["/state cannot be", "or configure another"]);

    let home = Home::new(None, "");
    std::fs::create_dir_all(home.folder.path().join("state/rsm.db")).expect("a folder");
    refused_both_ways(
        &home,
        End::UnusablePlace,
        &["the database cannot be opened", "or configure another path"],
    );
}

/// Refused both ways; a start has taken the database's lock by then, and made no database.
fn refused_at_start(home: &Home, parts: &[&str]) {
    for way in ["--check-config", "--ready-line"] {
        let mut command = home.command();
        command.arg(way);
        let told = refused(command, End::UnusablePlace);
        assert!(parts.iter().all(|part| told.contains(part)), "{way}: {told}");
    }
    assert!(!home.folder.path().join("state/rsm.db").exists());
    assert_eq!(std::fs::read(home.folder.path().join("rsm.sock")).expect("still there"), b"notes");
}

/// The manager as a user who may write nowhere; root becomes one, anybody else is one in a folder that is closed.
fn powerless(home: &Home) -> Command {
    let folder = home.folder.path();
    let copy = folder.join("rsmd");
    std::fs::copy(env!("CARGO_BIN_EXE_rsmd"), &copy).expect("room for it");
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("ours");
    std::fs::copy(stage::binary("rsm-worker"), folder.join("rsm-worker")).expect("room for it");
    let config = folder.join("rsmd.toml");
    let text = std::fs::read_to_string(&config).expect("readable");
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("worker")).collect();
    std::fs::write(&config, kept.join("\n").trim_end()).expect("writable");
    let mut command = Command::new(copy);
    command.arg("--config").arg(config).current_dir("/");
    if nix::unistd::geteuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    command
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("ours");
}

#[test]
fn a_state_folder_that_is_not_writable_is_told() {
    let home = Home::new(None, "");
    let folder = home.folder.path();
    let state = folder.join("state");
    std::fs::create_dir(&state).expect("a folder");
    drop(powerless(&home));
    set_mode(&state, 0o555);
    set_mode(folder, 0o755);
    let before = content(folder);
    for way in ["--check-config", "--ready-line"] {
        let mut command = powerless(&home);
        command.arg(way);
        let told = refused(command, End::UnusablePlace);
        assert!(told.contains("ermission denied"), "{way}: {told}");
        assert!(
            told.contains("give the user that runs") && told.contains("configure another"),
            "{way}: {told}"
        );
        assert_eq!(changed(&before, &content(folder)), Vec::<&PathBuf>::new(), "{way}");
    }
    set_mode(&state, 0o777);

    std::fs::write(state.join("rsm.db"), "").expect("writable");
    set_mode(&state.join("rsm.db"), 0o444);
    // The socket is made before the database is looked at.
    set_mode(folder, 0o777);
    let told = refused(powerless(&home), End::UnusablePlace);
    assert!(told.contains("rsm.db may only be read") && told.contains("configure another path"), "{told}");
    std::fs::remove_file(state.join("rsm.db")).expect("ours");

    let missing = state.join("deeper");
    let config = folder.join("rsmd.toml");
    let text = std::fs::read_to_string(&config).expect("readable");
    let deeper = text.replace(
        &format!("{:?}", state.display().to_string()),
        &format!("{:?}", missing.display().to_string()),
    );
    assert_ne!(text, deeper);
    std::fs::write(&config, deeper).expect("writable");
    set_mode(&state, 0o555);
    for way in ["--check-config", "--ready-line"] {
        let mut command = powerless(&home);
        command.arg(way);
        let told = refused(command, End::UnusablePlace);
        assert!(told.contains("deeper cannot be made (Permission denied"), "{way}: {told}");
    }
    set_mode(&state, 0o755);
}

#[test]
fn a_look_at_the_configuration_of_a_running_manager_disturbs_nobody() {
    let home = Home::new(None, "");
    let manager = home.start();
    let looked = home.check();
    assert_eq!(looked.status.code(), Some(0), "{}", told(&looked));
    let second = refused(home.command(), End::SecondInstance);
    assert!(second.contains("is in use by another manager; stop that one first"), "{second}");
    manager.client().open("undisturbed");
    assert_eq!(manager.stop(), Some(0));
}

#[test]
fn a_database_that_a_killed_manager_left_is_good_and_a_look_leaves_it_so() {
    let home = Home::new(None, "");
    home.start().kill();
    let database = home.folder.path().join("state/rsm.db");
    let log = home.folder.path().join("state/rsm.db-wal");
    let both =
        || (std::fs::read(&database).expect("readable"), std::fs::read(&log).expect("the log is left"));
    let before = both();
    assert!(!before.1.is_empty(), "what was committed last is in the log");
    let looked = home.check();
    assert_eq!(looked.status.code(), Some(0), "{}", told(&looked));
    assert_eq!(both(), before, "a look changes nothing");
    let manager = home.start();
    assert_eq!(manager.stop(), Some(0));
}

#[test]
fn a_target_that_does_not_answer_is_not_present_and_holds_nothing_up() {
    // One listener takes connections and says nothing; behind the other addresses is nobody at all.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let home = Home::new(None, "[limits]\nprobe_ms = 1000\n");
    let config = home.folder.path().join("rsmd.toml");
    let nobody = home.folder.path().join("nobody.sock").display().to_string();
    let text = std::fs::read_to_string(&config).expect("readable")
        + &format!(
            "[[library]]\nname = \"lab\"\nchanger = \"iscsi://127.0.0.1:{port}/iqn.2026-11.dead:lab/0\"\n\
             drives = [\"iscsi://127.0.0.1:{port}/iqn.2026-11.dead:lab/1\"]\n\
             [[library]]\nname = \"absent\"\nchanger = \"sim:{nobody}#0\"\ndrives = [\"sim:{nobody}#1\"]\n"
        );
    std::fs::write(&config, text).expect("writable");
    let looked = home.check();
    assert_eq!(looked.status.code(), Some(0), "whether a target answers is not asked: {}", told(&looked));
    let manager = home.start();
    let mut client = manager.client();
    client.open("test");
    until("both libraries to be not present", || {
        let all = client.ids(None, stage::LIBRARY).into_iter().map(|id| client.information(&id));
        let named = all.filter(|one| one["name"] == "lab" || one["name"] == "absent");
        let states: Vec<_> = named.map(|one| one["operationalState"].clone()).collect();
        (states == [NOT_PRESENT, NOT_PRESENT]).then_some(())
    });
    let begun = std::time::Instant::now();
    assert_eq!(manager.stop(), Some(0));
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    let mut left = Vec::new();
    let (mut stream, _) = silent.accept().expect("it was tried");
    stream.set_read_timeout(Some(stage::LONG)).expect("a socket");
    stream.read_to_end(&mut left).expect("it is closed");
    assert!(!left.is_empty(), "the target was spoken to");
}
