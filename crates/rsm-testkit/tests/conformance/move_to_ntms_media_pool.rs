//! MoveToNtmsMediaPool.

use crate::bed::discs::{READ_ONLY, REWRITABLE, WRITE_ONCE, volume};
use crate::bed::pools::{ALLOCATE_NEW, allocation};
use crate::bed::{self, Bed, Plan, User};
use rsm_label::{FREE_DISC_KIND, FREE_TAPE_KIND, free_disc_label, free_tape_label};
use rsm_model::ObjectType;
use rsm_model::call::{AllocateCall, CreatePoolCall};
use rsm_model::ids::Guid;
use rsm_proof::proves;
use rsm_simlib::{Record, Side};

#[test]
fn a_medium_and_a_pool_are_wanted() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let (medium, pool) = (Some(bed.id("V00001L6")), Some(bed.id("\\Free\\LTO-6")));
    for (medium, pool) in [(None, pool), (medium, None), (Some(Guid::NULL), pool), (medium, Some(Guid::NULL))]
    {
        bed.refused("ERROR_INVALID_PARAMETER", || session.move_to_pool(medium, pool));
    }
    for name in ["nobody", "drive1", "V00001L6/side"] {
        bed.refused("ERROR_INVALID_MEDIA", || session.move_to_pool(Some(bed.id(name)), pool));
    }
    for name in ["nobody", "drive1"] {
        bed.refused("ERROR_INVALID_MEDIA_POOL", || session.move_to_pool(medium, Some(bed.id(name))));
    }
    let fields = serde_json::json!({ "session": "nonsense" }).as_object().cloned().expect("fields");
    let path = "/rsm.v1.MediaServices/MoveToNtmsMediaPool";
    bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    proves!(
        "MoveToNtmsMediaPool/ERROR_INVALID_PARAMETER",
        "MoveToNtmsMediaPool/ERROR_INVALID_MEDIA",
        "MoveToNtmsMediaPool/ERROR_INVALID_MEDIA_POOL",
        "MoveToNtmsMediaPool/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn a_user_without_control_of_the_pools_moves_nothing() {
    let bed = Bed::new();
    let operator = bed.open(User::Operator);
    let pool = bed.pool(&operator, "\\Lab");
    bed.make_available(&operator, "V00001L6", pool);
    let alice = bed.open(User::Alice);
    let free = Some(bed.id("\\Free\\LTO-6"));
    bed.refused("ERROR_ACCESS_DENIED", || alice.move_to_pool(Some(bed.id("V00001L6")), free));
    bed.refused("ERROR_ACCESS_DENIED", || alice.move_to_pool(Some(bed.id("V00002L6")), free));
    proves!("MoveToNtmsMediaPool/ERROR_ACCESS_DENIED");
}

#[test]
fn an_owned_or_mounted_medium_is_busy() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let (pool, other) = (bed.pool(&session, "\\Lab"), bed.pool(&session, "\\Other"));
    bed.make_available(&session, "V00001L6", pool);
    bed.make_free(&session, "V00002L6");
    session.mount(&bed::mount(bed.id("V00002L6"))).expect("mounted");
    bed.refused("ERROR_BUSY", || session.move_to_pool(Some(bed.id("V00002L6")), Some(pool)));
    session.allocate(&allocation(pool)).expect("allocated");
    for to in [other, bed.id("\\Free\\LTO-6")] {
        bed.refused("ERROR_BUSY", || session.move_to_pool(Some(bed.id("V00001L6")), Some(to)));
    }
    proves!(
        "MoveToNtmsMediaPool/ERROR_BUSY",
        "MoveToNtmsMediaPool/movepool-all-sides-available",
        "MoveToNtmsMediaPool/movepool-free-states",
        "M-83",
        "M-84"
    );
}

#[test]
fn the_media_types_have_to_be_equal() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.make_free(&session, "V00001L6");
    let five = CreatePoolCall { media_type: Some(bed.id("type:LTO-5")), ..bed.new_pool("\\Five") };
    let five = session.create_pool(&five).expect("a pool");
    bed.refused("ERROR_MEDIA_INCOMPATIBLE", || session.move_to_pool(Some(bed.id("V00001L6")), Some(five)));
    proves!("MoveToNtmsMediaPool/ERROR_MEDIA_INCOMPATIBLE", "MoveToNtmsMediaPool/movepool-same-type");
}

#[test]
fn a_medium_of_a_system_pool_goes_only_to_the_free_pool() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.bring_import(&session, "X00001L6");
    bed.classify(&session, "V00002L6");
    for (name, to) in [("X00001L6", pool), ("V00002L6", pool), ("V00002L6", bed.id("\\Import\\LTO-6"))] {
        bed.refused("ERROR_INVALID_MEDIA_POOL", || session.move_to_pool(Some(bed.id(name)), Some(to)));
    }
    let side = Some(bed.id("X00001L6/side"));
    session.allocate(&AllocateCall { side, ..allocation(pool) }).expect("allocation imports it");
    assert_eq!(bed.medium(&session, "X00001L6").media_pool, pool.to_string());
    session.move_to_pool(Some(bed.id("V00002L6")), Some(bed.id("\\Free\\LTO-6"))).expect("accepted");
    proves!(
        "MoveToNtmsMediaPool/movepool-system-source",
        "MoveToNtmsMediaPool/movepool-import-by-allocate",
        "M-82"
    );
}

#[test]
fn pools_that_take_no_media_from_a_caller() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    bed.make_free(&session, "V00002L6");
    let container = CreatePoolCall { media_type: None, ..bed.new_pool("\\App") };
    let container = session.create_pool(&container).expect("a pool");
    let free = bed.id("\\Free\\LTO-6");
    for (name, to) in [
        ("V00001L6", container),
        ("V00001L6", bed.id("\\Unrecognized\\LTO-6")),
        ("V00001L6", bed.id("\\Import\\LTO-6")),
        ("V00002L6", free),
    ] {
        bed.refused("ERROR_INVALID_MEDIA_POOL", || session.move_to_pool(Some(bed.id(name)), Some(to)));
    }
    proves!(
        "MoveToNtmsMediaPool/movepool-container-pool",
        "MoveToNtmsMediaPool/movepool-unrecognized-dest",
        "MoveToNtmsMediaPool/movepool-import-states",
        "MoveToNtmsMediaPool/movepool-one-free"
    );
}

#[test]
fn a_free_label_is_written_before_the_medium_is_available() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.classify(&session, "V00001L6");
    assert_eq!(bed.side(&session, "V00001L6/side").omid_label_id, Vec::<u8>::new());
    bed.hold("changer");
    let free = bed.id("\\Free\\LTO-6");
    let requests = session.move_to_pool(Some(bed.id("V00001L6")), Some(free)).expect("queued");
    assert_eq!(requests.len(), 1);
    bed.settle();
    let side = bed.side(&session, "V00001L6/side");
    assert_eq!((side.state, side.state_word.as_str()), (1, "unprepared"));
    assert_eq!(bed.medium(&session, "V00001L6").media_pool, free.to_string());
    bed.release("changer");
    bed.settle();
    let side = bed.side(&session, "V00001L6/side");
    assert_eq!((side.state, side.omid_label_id.is_empty()), (4, false));
    proves!(
        "MoveToNtmsMediaPool/ERROR_SUCCESS",
        "MoveToNtmsMediaPool/movepool-free-label",
        "MoveToNtmsMediaPool/movepool-free-unprepared",
        "P-62"
    );
}

#[test]
fn a_free_label_is_of_the_mediums_kind_and_leaves_its_description_alone() {
    a_tapes_is_mtf();
    each_side_of_a_disc_has_a_binary_one();
    proves!("MoveToNtmsMediaPool/movepool-free-label-kind", "P-45");
}

fn a_tapes_is_mtf() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let medium = bed.id("V00001L6");
    let described = |what: &mut rsm_client::v1::ObjectInformation| what.description = "a spare".to_string();
    bed.alter(&session, medium, described).expect("the operator may");
    bed.make_free(&session, "V00001L6");
    let side = bed.side(&session, "V00001L6/side");
    assert_eq!(side.omid_label_type, FREE_TAPE_KIND);
    let id = side.omid_label_id.try_into().expect("sixteen bytes");
    let records = bed.in_library("lab", |library| {
        let tape =
            library.cartridges().find(|(_, code, _)| *code == Some("V00001L6")).expect("it is there").0;
        library.tape(tape).expect("it is a tape").records().to_vec()
    });
    let label = free_tape_label(id).into_iter().map(Record::Block);
    assert!(records == label.chain([Record::Filemark]).collect::<Vec<_>>(), "its label and nothing else");
    assert!(matches!(&records[0], Record::Block(block) if block.starts_with(b"TAPE")), "it is MTF's");
    assert_eq!(bed.look(&session, medium).description, "a spare");
}

fn each_side_of_a_disc_has_a_binary_one() {
    let bed = Plan::new().discs(REWRITABLE).build();
    let session = bed.open(User::Operator);
    let medium = bed.id("D00001");
    let described = |what: &mut rsm_client::v1::ObjectInformation| what.description = "a spare".to_string();
    bed.alter(&session, medium, described).expect("the operator may");
    bed.make_free(&session, "D00001");
    for (name, side) in [("D00001/side", Side::A), ("D00001/side-b", Side::B)] {
        let recorded = bed.side(&session, name);
        assert_eq!(recorded.omid_label_type, FREE_DISC_KIND);
        let mut label = free_disc_label(recorded.omid_label_id.try_into().expect("sixteen bytes"));
        let face = bed.face("D00001", side);
        label.resize(face.len(), 0);
        assert!(face == label, "{name} carries its label and nothing else");
    }
    let [first, second] = bed.sides(&session, "D00001").map(|side| side.omid_label_id);
    assert_ne!(first, second, "each side has an id of its own");
    assert_eq!(bed.look(&session, medium).description, "a spare");
}

#[test]
fn a_disc_that_cannot_be_rewritten_gets_no_label_and_is_known_by_its_volume() {
    for (code, image, kind) in [(WRITE_ONCE, "fat16", "FAT"), (READ_ONLY, "iso9660", "CDFS")] {
        let bed = Plan::new().discs(code).build();
        let session = bed.open(User::Operator);
        bed.press("D00001", Side::A, volume(image));
        bed.classify(&session, "D00001");
        let before = (bed.side(&session, "D00001/side"), bed.face("D00001", Side::A));
        assert_eq!((before.0.omid_label_type.as_str(), before.0.omid_label_id.is_empty()), (kind, false));
        let motions = bed.motions();
        let (medium, free) = (Some(bed.id("D00001")), Some(bed.system_pool("Free")));
        bed.refused("ERROR_INVALID_MEDIA_POOL", || session.move_to_pool(medium, free));
        assert_eq!((bed.side(&session, "D00001/side"), bed.face("D00001", Side::A)), before);
        assert_eq!(bed.motions(), motions);
    }
    proves!("MoveToNtmsMediaPool/movepool-free-unlabelable");
}

#[test]
fn no_way_leads_a_disc_that_cannot_be_rewritten_into_a_free_pool() {
    for (code, free) in [(WRITE_ONCE, "\\Free\\MO 5.25 inch write once"), (READ_ONLY, "\\Free\\CD-ROM")] {
        let bed = Plan::new().discs(code).rule("D00002", free).build();
        let session = bed.open(User::Operator);
        bed.press("D00001", Side::A, volume("iso9660"));
        for medium in ["D00001", "D00002"] {
            bed.classify(&session, medium);
        }
        let in_free = |bed: &Bed| {
            let kind = ObjectType::PhysicalMedium.number();
            session.enumerate(Some(bed.system_pool("Free")), kind, 0).expect("a list")
        };
        assert_eq!(in_free(&bed), [], "a rule sends blank discs there");
        let pool = bed.pool(&session, "\\Lab");
        bed.alter_pool(&session, pool, |pool| pool.deallocation_policy = 1).expect("its owner may");
        let side = Some(bed.id("D00001/side"));
        let given = session.allocate(&AllocateCall { side, ..allocation(pool) }).expect("imported");
        for to in ["D00001", "D00002"].map(|name| Some(bed.id(name))) {
            session.move_to_pool(to, Some(bed.system_pool("Free"))).expect_err("by a move");
        }
        session.deallocate(Some(given.logical_medium), 0).expect("given back");
        bed.settle();
        assert_eq!(in_free(&bed), [], "a pool that returns its media sends them there");
        assert_eq!(bed.medium(&session, "D00001").media_pool, pool.to_string());
    }
    proves!("M-85");
}

#[test]
fn both_sides_of_a_disc_move_together() {
    let bed = Plan::new().discs(REWRITABLE).build();
    let session = bed.open(User::Operator);
    let (pool, other) = (bed.pool(&session, "\\Lab"), bed.pool(&session, "\\Other"));
    bed.make_available(&session, "D00001", pool);
    let side = Some(bed.id("D00001/side-b"));
    let given = session.allocate(&AllocateCall { side, ..allocation(pool) }).expect("one side");
    bed.refused("ERROR_BUSY", || session.move_to_pool(Some(bed.id("D00001")), Some(other)));
    session.deallocate(Some(given.logical_medium), 0).expect("given back");
    session.move_to_pool(Some(bed.id("D00001")), Some(other)).expect("moved");
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&allocation(pool)));
    let whole = AllocateCall { options: ALLOCATE_NEW, ..allocation(other) };
    session.allocate(&whole).expect("both sides are there");
    let mut states = bed.states(&session, "D00001");
    states.sort();
    assert_eq!(states, ["allocated", "reserved"]);
    proves!("MoveToNtmsMediaPool/movepool-both-sides");
}

#[test]
fn the_label_of_an_offline_medium_is_written_when_it_comes_back() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.classify(&session, "V00001L6");
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let free = bed.id("\\Free\\LTO-6");
    session.move_to_pool(Some(bed.id("V00001L6")), Some(free)).expect("accepted");
    bed.settle();
    assert_eq!(bed.side(&session, "V00001L6/side").state_word, "unprepared");
    bed.put_back("V00001L6", "slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    assert_eq!(bed.side(&session, "V00001L6/side").state_word, "available");
    proves!("MoveToNtmsMediaPool/movepool-free-offline");
}

#[test]
fn between_application_pools_a_side_stays_as_it_is() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let (pool, other) = (bed.pool(&session, "\\Lab"), bed.pool(&session, "\\Other"));
    bed.make_available(&session, "V00001L6", pool);
    let before = bed.side(&session, "V00001L6/side");
    assert_eq!(session.move_to_pool(Some(bed.id("V00001L6")), Some(other)).expect("ERROR_SUCCESS"), []);
    assert_eq!(bed.side(&session, "V00001L6/side"), before);
    assert_eq!(bed.medium(&session, "V00001L6").media_pool, other.to_string());
    proves!("MoveToNtmsMediaPool/movepool-app-to-app");
}

#[test]
fn a_catalogue_without_room_or_that_fails_moves_nothing() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.classify(&session, "V00001L6");
    let (medium, free) = (Some(bed.id("V00001L6")), Some(bed.id("\\Free\\LTO-6")));
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.move_to_pool(medium, free));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.move_to_pool(medium, free));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.move_to_pool(medium, free).expect("it can be written again");
    proves!("MoveToNtmsMediaPool/ERROR_DATABASE_FULL", "MoveToNtmsMediaPool/ERROR_DATABASE_FAILURE");
}
