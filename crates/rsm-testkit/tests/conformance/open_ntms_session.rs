//! OpenNtmsSession.

use crate::bed::{self, Bed, User};
use rsm_client::v1;
use rsm_model::ObjectType;
use rsm_proof::proves;

#[test]
fn unknown_options_are_refused_and_one_is_ignored() {
    let bed = Bed::new();
    for options in [2, 3, 4, 0x8000_0000] {
        bed.refused("ERROR_INVALID_PARAMETER", || bed.open_with(User::Alice, None, options));
    }
    bed.open_with(User::Alice, None, 1).expect("NTMS_SESSION_QUERYEXPEDITE is accepted");
    proves!("OpenNtmsSession/ERROR_INVALID_PARAMETER", "OpenNtmsSession/open-nonzero-options-conflict");
}

#[test]
fn a_session_is_usable_at_once() {
    let bed = Bed::new();
    let before = bed.books().sessions.len();
    let session = bed.open_as(User::Alice, Some("backup")).expect("everybody may open a session");
    assert_eq!(session.enumerate(None, ObjectType::Drive.number(), 0).expect("a list").len(), 2);
    let sessions = bed.books().sessions;
    assert_eq!(sessions.len(), before + 1);
    assert!(sessions.iter().any(|one| one.id.0.to_string() == session.id() && one.application == "backup"));
    proves!("OpenNtmsSession/ERROR_SUCCESS", "OpenNtmsSession/open-usable-at-once");
}

#[test]
fn without_an_open_session_nothing_is_answered() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    let mount = bed::mount(bed.id("V00001L6"));
    let library = bed.id("lab");
    session.close().expect("it was open");
    bed.refused("ERROR_INVALID_HANDLE", || session.mount(&mount));
    bed.refused("ERROR_INVALID_HANDLE", || session.dismount(&mount.media, 0));
    bed.refused("ERROR_INVALID_HANDLE", || session.inventory(library, 1));
    bed.refused("ERROR_INVALID_HANDLE", || session.enumerate(None, ObjectType::Drive.number(), 0));
    bed.refused("ERROR_INVALID_HANDLE", || session.information(library, 0));
    proves!("OpenNtmsSession/open-first");
}

#[test]
fn requests_carry_program_user_and_computer_of_their_session() {
    let bed = Bed::new();
    let named = bed.open_as(User::Operator, Some("backup")).expect("a session");
    let nameless = bed.open_as(User::Operator, None).expect("a session");
    for (session, application) in [(&named, "backup"), (&nameless, "RSM")] {
        let request = session.inventory(bed.id("lab"), 1).expect("queued")[0];
        let told = bed.look(session, request);
        let Some(v1::object_information::Info::LibRequest(told)) = told.info else { panic!("{told:?}") };
        let who = (told.application.as_str(), told.user.as_str(), told.computer.as_str());
        assert_eq!(who, (application, "oscar", "desk7"));
    }
    proves!(
        "OpenNtmsSession/open-user-and-computer-recorded",
        "OpenNtmsSession/open-default-application",
        "P-5"
    );
}

#[test]
fn a_program_holds_several_sessions_and_uses_each_from_many_threads() {
    let bed = Bed::new();
    let first = bed.open_as(User::Alice, Some("one")).expect("a session");
    let second = bed.open_as(User::Alice, Some("two")).expect("a session");
    assert_ne!(first.id(), second.id());
    std::thread::scope(|scope| {
        let asks =
            |_| scope.spawn(|| second.enumerate(None, ObjectType::Slot.number(), 0).map(|ids| ids.len()));
        let threads: Vec<_> = (0..8).map(asks).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic").expect("an answer"), 6);
        }
    });
    first.close().expect("it was open");
    second.enumerate(None, ObjectType::Drive.number(), 0).expect("the other goes on");
    proves!("OpenNtmsSession/open-several-sessions", "OpenNtmsSession/open-threads-and-processes");
}

#[test]
fn what_was_unfinished_is_cancelled_at_a_start() {
    let mut bed = Bed::new();
    let session = bed.open(User::Operator);
    let medium = bed.id("V00001L6");
    bed.hold("changer");
    let queued = session.inventory(bed.id("lab"), 1).expect("queued")[0];
    let waits = session.clone();
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    mount.demand_none();
    bed.stop();
    bed.start();
    let session = bed.open(User::Operator);
    for request in bed.all(&session, ObjectType::LibraryRequest) {
        let told = bed.look(&session, request);
        let Some(v1::object_information::Info::LibRequest(told)) = told.info else { panic!("{told:?}") };
        assert_eq!(told.state_word, "cancelled", "{told:?}");
    }
    assert!(bed.books().requests.iter().any(|one| one.id.0 == queued), "it is kept until it is purged");
    proves!("OpenNtmsSession/startup-cancels-unfinished-work", "P-11");
}
