//! AccessNtmsLibraryDoor.

use crate::bed::hands::plain;
use crate::bed::notices::{channel, completed};
use crate::bed::{self, Bed, Plan, Plug, User};
use crate::disable_ntms_object::{LIBRARY, disabled, enable};
use rsm_client::Session;
use rsm_model::call::MountCall;
use rsm_model::generated::constants::library::{
    NTMS_INVENTORY_DEFAULT, NTMS_INVENTORY_FAST, NTMS_INVENTORY_MAX, NTMS_INVENTORY_NONE,
    NTMS_INVENTORY_OMID, NTMS_INVENTORY_SLOT, NTMS_INVENTORY_STOP,
};
use rsm_model::generated::constants::mount::NTMS_MOUNT_NOWAIT;
use rsm_model::ids::{Guid, ObjectType, RequestId};
use rsm_model::record::{DoorState, InventoryMethod, Operation};
use rsm_proof::proves;
use rsm_simlib::DoorStyle;
use std::sync::Arc;

/// A library whose only way in is a door.
fn with_door() -> (Bed, Arc<Session>) {
    let bed = Plan::new().door(0).build();
    let session = bed.open(User::Operator);
    (bed, session)
}

fn access(bed: &Bed, session: &Session, action: u32) -> Guid {
    let queued = session.access_door(Some(bed.id("lab")), action).expect("ERROR_SUCCESS")[0];
    bed.settle();
    queued
}

fn state(bed: &Bed, session: &Session, request: Guid) -> String {
    let name = bed.books().request(RequestId(request));
    bed.request(session, &name).state_word
}

/// Goes in, does something, and comes out again.
fn visit(bed: &Bed, act: impl FnOnce(&Bed)) {
    bed.open_door();
    bed.advance_ms(10_000);
    act(bed);
    bed.close_door();
    bed.advance_ms(60_000);
    bed.settle();
}

/// The operations of the requests that there are, oldest first.
fn operations(bed: &Bed) -> Vec<Operation> {
    bed.books().requests.iter().map(|request| request.operation).collect()
}

fn set_limit(bed: &Bed, max_open_s: u32) {
    let administrator = bed.open(User::Administrator);
    bed.alter(&administrator, bed.id("door1"), |door| {
        if let Some(rsm_client::v1::object_information::Info::IeDoor(door)) = &mut door.info {
            door.max_open_s = max_open_s;
        }
    })
    .expect("ERROR_SUCCESS");
}

/// Queues a mount for which nobody waits.
fn mount_later(bed: &Bed, session: &Session, medium: &str) {
    let call = MountCall { options: NTMS_MOUNT_NOWAIT, ..bed::mount(bed.id(medium)) };
    session.mount(&call).expect("queued");
}

#[test]
fn a_library_is_wanted_an_inventory_and_a_session() {
    let (bed, session) = with_door();
    for library in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.access_door(library, NTMS_INVENTORY_NONE));
    }
    for name in ["nobody", "drive1", "V00001L6"] {
        let library = Some(bed.id(name));
        bed.refused("ERROR_INVALID_PARAMETER", || session.access_door(library, NTMS_INVENTORY_NONE));
    }
    let path = "/rsm.v1.LibraryControl/AccessNtmsLibraryDoor";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!("AccessNtmsLibraryDoor/ERROR_INVALID_PARAMETER", "AccessNtmsLibraryDoor/ERROR_INVALID_HANDLE");
}

#[test]
fn inventories_that_follow_no_door_are_refused() {
    let (bed, session) = with_door();
    let lab = Some(bed.id("lab"));
    for action in [NTMS_INVENTORY_MAX, NTMS_INVENTORY_MAX + 1, u32::MAX] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.access_door(lab, action));
    }
    for action in [NTMS_INVENTORY_SLOT, NTMS_INVENTORY_STOP] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.access_door(lab, action));
    }
    proves!(
        "AccessNtmsLibraryDoor/ERROR_INVALID_PARAMETER#2",
        "AccessNtmsLibraryDoor/door-slot-and-stop-undefined"
    );
}

#[test]
fn whoever_does_not_control_the_library_opens_nothing() {
    let (bed, _) = with_door();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.access_door(Some(bed.id("lab")), NTMS_INVENTORY_NONE));
    proves!("AccessNtmsLibraryDoor/ERROR_ACCESS_DENIED");
}

#[test]
fn a_library_without_a_door_and_one_that_is_not_there_are_refused() {
    let bed = Plan::new().build();
    let session = bed.open(User::Operator);
    bed.refused("ERROR_RESOURCE_NOT_PRESENT", || {
        session.access_door(Some(bed.id("lab")), NTMS_INVENTORY_FAST)
    });
    let offline = Some(bed.id("offline"));
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.access_door(offline, NTMS_INVENTORY_FAST));
    let alone = Plan::new().stand_alone().build();
    let session = alone.open(User::Operator);
    let lab = Some(alone.id("lab"));
    alone.refused("ERROR_RESOURCE_NOT_PRESENT", || session.access_door(lab, NTMS_INVENTORY_FAST));
    proves!(
        "AccessNtmsLibraryDoor/ERROR_RESOURCE_NOT_PRESENT",
        "AccessNtmsLibraryDoor/ERROR_LIBRARY_OFFLINE"
    );
}

#[test]
fn a_library_that_does_not_answer_is_offline() {
    let (bed, session) = with_door();
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.access_door(Some(bed.id("lab")), NTMS_INVENTORY_FAST));
}

#[test]
fn hands_are_let_in_and_the_door_is_locked_behind_them() {
    let (bed, session) = with_door();
    assert!(bed.door_is_locked(), "it is the only way in");
    let request = access(&bed, &session, NTMS_INVENTORY_FAST);
    let shown = bed.request(&session, "request1");
    assert_eq!((shown.operation_code, shown.state_word.as_str()), (9, "in process"), "NTMS_LM_DOORACCESS");
    bed.open_door();
    bed.advance_ms(10_000);
    assert_eq!(bed.books().doors[0].state, DoorState::Open);
    assert_eq!(bed.library(&session, "lab").number_of_doors, 1);
    bed.close_door();
    bed.advance_ms(60_000);
    bed.settle();
    assert_eq!(
        (state(&bed, &session, request).as_str(), bed.books().doors[0].state),
        ("passed", DoorState::Closed)
    );
    assert!(bed.door_is_locked(), "again");
    proves!("AccessNtmsLibraryDoor/ERROR_SUCCESS", "P-140");
}

#[test]
fn a_busy_library_queues_it_and_rests_while_hands_have_the_door() {
    let (bed, session) = with_door();
    bed.hold("changer");
    let alice = bed.open(User::Operator);
    mount_later(&bed, &alice, "V00001L6");
    bed.settle();
    let request = session.access_door(Some(bed.id("lab")), NTMS_INVENTORY_NONE).expect("ERROR_SUCCESS")[0];
    assert_ne!(state(&bed, &session, request), "in process", "the robot is at work");
    bed.release("changer");
    bed.settle();
    assert_eq!(state(&bed, &session, request), "in process");
    mount_later(&bed, &alice, "V00002L6");
    visit(&bed, |bed| assert_eq!(bed.motions().len(), 1, "what was under way ended, and nothing began"));
    assert_eq!(bed.motions().len(), 2, "the library works on");
    proves!("AccessNtmsLibraryDoor/door-busy-is-success");
}

#[test]
fn a_door_without_a_lock_makes_no_difference() {
    // Beside a port the door is not locked; a door that nobody watches is believed closed until the elements change.
    for (ports, style) in [(0, DoorStyle::Hinged), (1, DoorStyle::Hinged), (1, DoorStyle::Free)] {
        let bed = Plan::new().door(ports).lab(|lab| lab.changer.door = style).build();
        let session = bed.open(User::Operator);
        let request = access(&bed, &session, NTMS_INVENTORY_FAST);
        assert_eq!(state(&bed, &session, request), "in process");
        match style {
            DoorStyle::Hinged => visit(&bed, |bed| bed.move_silently("slot1", "slot5")),
            _ => {
                bed.move_silently("slot1", "slot5");
                bed.advance_ms(400_000);
                bed.settle();
            }
        }
        assert_eq!(state(&bed, &session, request), "passed");
        assert_eq!(operations(&bed), [Operation::DoorAccess, Operation::Inventory]);
        let medium = bed.medium(&session, "V00001L6");
        assert_eq!(medium.location, Some(bed.id("slot5").to_string()));
    }
    proves!("AccessNtmsLibraryDoor/door-unlockable-doors-same", "P-141");
}

#[test]
fn the_inventory_that_was_asked_for_follows() {
    let every = [Operation::DoorAccess, Operation::Inventory];
    for (action, method, follows) in [
        (NTMS_INVENTORY_NONE, InventoryMethod::Full, None),
        (NTMS_INVENTORY_FAST, InventoryMethod::None, Some(1)),
        (NTMS_INVENTORY_OMID, InventoryMethod::None, Some(2)),
        (NTMS_INVENTORY_DEFAULT, InventoryMethod::None, None),
        (NTMS_INVENTORY_DEFAULT, InventoryMethod::Fast, Some(1)),
        (NTMS_INVENTORY_DEFAULT, InventoryMethod::Full, Some(2)),
    ] {
        let bed = Plan::new().door(0).inventory(method).build();
        let session = bed.open(User::Operator);
        bed.settle();
        let before = bed.books().requests.len();
        access(&bed, &session, action);
        visit(&bed, |bed| bed.move_silently("slot1", "slot5"));
        let requests = &bed.books().requests[before..];
        let inventories: Vec<_> = requests
            .iter()
            .filter(|request| request.operation == Operation::Inventory)
            .map(|request| (request.option, request.user.clone()))
            .collect();
        let wanted: Vec<_> = follows.into_iter().map(|option| (option, "oscar".to_string())).collect();
        assert_eq!(inventories, wanted, "{action} where the library has {method:?}");
        assert_eq!(requests[0].operation, every[0]);
    }
    proves!("AccessNtmsLibraryDoor/door-default-method");
}

#[test]
fn without_a_reader_what_was_put_in_is_read() {
    let bed = Plan::new().door(0).lab(|lab| lab.changer.bar_code_reader = false).build();
    let session = bed.open(User::Operator);
    access(&bed, &session, NTMS_INVENTORY_FAST);
    visit(&bed, |bed| bed.bring("slot6"));
    bed.advance_ms(60_000);
    bed.settle();
    let read: Vec<_> = bed
        .books()
        .requests
        .iter()
        .filter(|one| one.operation == Operation::Classify)
        .map(|one| one.medium)
        .collect();
    assert_eq!(read.len(), 1, "only what lies in a slot that was empty");
    let held = bed.books().media.iter().find(|one| Some(one.id) == read[0]).map(|one| one.location);
    assert_eq!(held.and_then(rsm_model::record::Location::guid), Some(bed.id("slot6")));
    proves!("P-143");
}

#[test]
fn a_label_that_differs_brings_an_inventory_even_after_none() {
    let plan = Plan::new().plain_are_lto6().door(0).lab(|lab| {
        lab.changer.bar_code_reader = false;
        lab.media.count = 0;
        lab.cartridge = vec![plain(lab, 1), plain(lab, 2)];
    });
    let bed = plan.build();
    let session = bed.open(User::Administrator);
    for medium in ["medium1", "medium2"] {
        bed.make_free(&session, medium);
    }
    access(&bed, &session, NTMS_INVENTORY_NONE);
    let (before, motions) = (bed.books().requests.len(), bed.motions());
    visit(&bed, |bed| bed.swap_silently("slot1", "slot2"));
    assert_eq!((bed.books().requests.len(), bed.motions()), (before, motions), "nothing is looked into");
    let refusal = session.mount(&bed::mount(bed.id("medium1"))).expect_err("another tape lies there");
    assert_eq!(refusal.code().name(), "ERROR_INVALID_STATE");
    bed.settle();
    let requests = bed.books().requests;
    let inventory = requests[before..].iter().find(|request| request.operation == Operation::Inventory);
    assert_eq!(inventory.map(|request| request.option), Some(2), "every label is read");
    proves!("AccessNtmsLibraryDoor/door-none-still-inventories-on-mismatch");
}

#[test]
fn who_leaves_the_door_open_is_asked_to_close_it() {
    for (limit_s, before_ms) in [(0, 0), (20, 15_000)] {
        let (bed, session) = with_door();
        set_limit(&bed, limit_s);
        access(&bed, &session, NTMS_INVENTORY_NONE);
        bed.open_door();
        if before_ms > 0 {
            bed.advance_ms(before_ms);
            assert_eq!(bed.books().operators, [], "its time is not over");
        }
        bed.advance_ms(35_000);
        let asked = bed.books().operators;
        assert_eq!(asked.len(), 1, "{limit_s}");
        assert_eq!(asked[0].first, Some((ObjectType::Door, bed.id("door1"))));
        bed.close_door();
        bed.advance_ms(60_000);
        assert!(!bed.books().operators[0].state.is_open(), "the service sees that it was done");
    }
    proves!("AccessNtmsLibraryDoor/door-open-limit", "P-142");
}

#[test]
fn a_door_that_nobody_opens_is_locked_when_its_time_is_over() {
    let (bed, session) = with_door();
    set_limit(&bed, 20);
    let request = access(&bed, &session, NTMS_INVENTORY_FAST);
    bed.advance_ms(15_000);
    assert_eq!(state(&bed, &session, request), "in process");
    bed.advance_ms(10_000);
    bed.settle();
    assert_eq!(state(&bed, &session, request), "passed");
    assert!(bed.door_is_locked());
    proves!("P-144");
}

#[test]
fn the_end_of_an_access_is_told_with_the_library() {
    let (bed, session) = with_door();
    let libraries = channel(&session, ObjectType::Library);
    access(&bed, &session, NTMS_INVENTORY_NONE);
    assert_eq!(completed(&libraries), [], "hands are waited for");
    visit(&bed, |_| ());
    assert_eq!(completed(&libraries), [bed.id("lab")]);
    proves!("AccessNtmsLibraryDoor/door-completion-notice");
}

#[test]
fn without_a_port_media_leave_by_the_door() {
    let (bed, session) = with_door();
    let medium = Some(bed.id("V00001L6"));
    bed.refused("ERROR_RESOURCE_NOT_PRESENT", || session.eject(medium, None, 0));
    access(&bed, &session, NTMS_INVENTORY_NONE);
    visit(&bed, |bed| bed.take_out("slot1"));
    assert_eq!(bed.slot(&session, "slot1").state_word, "empty");
    assert_eq!(bed.medium(&session, "V00001L6").current_library, bed.id("offline").to_string());
    proves!("P-125");
}

#[test]
fn a_catalogue_without_room_or_that_fails_takes_nothing() {
    let (bed, session) = with_door();
    let lab = Some(bed.id("lab"));
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.access_door(lab, NTMS_INVENTORY_NONE));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.access_door(lab, NTMS_INVENTORY_NONE));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.access_door(lab, NTMS_INVENTORY_NONE).expect("it can be written again");
    proves!("AccessNtmsLibraryDoor/ERROR_DATABASE_FULL", "AccessNtmsLibraryDoor/ERROR_DATABASE_FAILURE");
}

/// Each call breaks several rules: the earliest one answers.
#[test]
fn the_library_is_looked_at_in_the_order_of_the_page() {
    let bed = Plan::new().build();
    let session = bed.open(User::Operator);
    let alice = bed.open(User::Alice);
    let lab = Some(bed.id("lab"));
    bed.refused("ERROR_RESOURCE_NOT_PRESENT", || session.access_door(lab, NTMS_INVENTORY_FAST));
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.access_door(lab, NTMS_INVENTORY_FAST));
    disabled(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_RESOURCE_DISABLED", || session.access_door(lab, NTMS_INVENTORY_FAST));
    bed.refused("ERROR_ACCESS_DENIED", || alice.access_door(lab, NTMS_INVENTORY_FAST));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.access_door(lab, NTMS_INVENTORY_MAX));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.access_door(None, NTMS_INVENTORY_MAX));
    enable(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.access_door(lab, NTMS_INVENTORY_FAST));
    proves!("AccessNtmsLibraryDoor/ERROR_RESOURCE_DISABLED", "AccessNtmsLibraryDoor/door-check-order");
}

/// M-38: the offline library has no robot and no door, takes nothing in and gives nothing out. P-136: what a library
/// without ports is to take in comes by its door.
#[test]
fn without_a_robot_or_a_port_nothing_passes_there() {
    let (bed, session) = with_door();
    let offline = Some(bed.id("offline"));
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.access_door(offline, NTMS_INVENTORY_FAST));
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.inject(offline, None, 0));
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.eject_cleaner(offline, None, 0));
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.inject_cleaner(offline, None, 5, 0));
    let lab = Some(bed.id("lab"));
    let told = bed.refused("ERROR_RESOURCE_NOT_PRESENT", || session.inject(lab, None, 0));
    assert!(told.next.contains("door"), "{}", told.next);
    access(&bed, &session, NTMS_INVENTORY_FAST);
    visit(&bed, |bed| bed.put_new("NEW001L6", "slot6"));
    assert_eq!(bed.medium(&session, "NEW001L6").current_library, bed.id("lab").to_string());
    proves!("M-38", "P-136");
}
