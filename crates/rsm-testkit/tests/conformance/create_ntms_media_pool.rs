//! CreateNtmsMediaPool.

use crate::bed::pools::{CREATE_NEW, OPEN_ALWAYS, OPEN_EXISTING};
use crate::bed::{Bed, User};
use rsm_model::ObjectType;
use rsm_model::call::CreatePoolCall;
use rsm_proof::proves;

#[test]
fn a_name_and_an_action_are_wanted() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let good = bed.new_pool("\\Lab");
    bed.refused("ERROR_INVALID_PARAMETER", || {
        session.create_pool(&CreatePoolCall { name: None, ..good.clone() })
    });
    for action in [0, 4, 99] {
        let call = CreatePoolCall { action, ..good.clone() };
        bed.refused("ERROR_INVALID_PARAMETER", || session.create_pool(&call));
    }
    proves!("CreateNtmsMediaPool/ERROR_INVALID_PARAMETER", "CreateNtmsMediaPool/createpool-bad-action");
}

#[test]
fn a_security_descriptor_that_is_none_is_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for bytes in [vec![], vec![1; 19], vec![0xFF; 64]] {
        let call = CreatePoolCall { security: Some(bytes), ..bed.new_pool("\\Lab") };
        bed.refused("ERROR_INVALID_PARAMETER", || session.create_pool(&call));
    }
    proves!("CreateNtmsMediaPool/createpool-sd-invalid");
}

#[test]
fn malformed_and_long_names_are_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let level = "x".repeat(63);
    for name in ["", "\\", "\\A\\", "\\\\A", "A\\\\B", &"x".repeat(64), &[level.as_str(); 9].join("\\")] {
        bed.refused("ERROR_INVALID_NAME", || session.create_pool(&bed.new_pool(name)));
    }
    session.create_pool(&bed.new_pool(&level)).expect("63 characters fit");
    proves!("CreateNtmsMediaPool/ERROR_INVALID_NAME", "CreateNtmsMediaPool/createpool-name-limit");
}

#[test]
fn a_user_without_control_of_the_pool_above_creates_nothing_and_opens_what_is_there() {
    let bed = Bed::new();
    let (operator, alice) = (bed.open(User::Operator), bed.open(User::Alice));
    let lab = bed.pool(&operator, "\\Lab");
    for name in ["\\Own", "\\Lab\\Own"] {
        bed.refused("ERROR_ACCESS_DENIED", || alice.create_pool(&bed.new_pool(name)));
    }
    let open = CreatePoolCall { action: OPEN_EXISTING, ..bed.new_pool("\\Lab") };
    assert_eq!(alice.create_pool(&open).expect("opening asks for no right"), lab);
    proves!("CreateNtmsMediaPool/ERROR_ACCESS_DENIED", "P-228");
}

#[test]
fn a_session_that_is_none_is_told_first() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id, "action": 99 }).as_object().cloned();
        let path = "/rsm.v1.MediaServices/CreateNtmsMediaPool";
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields.expect("fields")));
    }
    proves!("CreateNtmsMediaPool/ERROR_INVALID_HANDLE");
}

#[test]
fn what_names_no_media_type_is_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for name in ["nobody", "drive1"] {
        let call = CreatePoolCall { media_type: Some(bed.id(name)), ..bed.new_pool("\\Lab") };
        bed.refused("ERROR_INVALID_MEDIA", || session.create_pool(&call));
    }
    proves!("CreateNtmsMediaPool/ERROR_INVALID_MEDIA");
}

#[test]
fn a_taken_name_is_not_created_and_a_missing_one_not_opened() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let lab = bed.pool(&session, "\\Lab");
    let act = |name: &str, action| CreatePoolCall { action, ..bed.new_pool(name) };
    for name in ["\\Lab", "\\Free", "Lab"] {
        bed.refused("ERROR_ALREADY_EXISTS", || session.create_pool(&act(name, CREATE_NEW)));
    }
    bed.refused("ERROR_OBJECT_NOT_FOUND", || session.create_pool(&act("\\Other", OPEN_EXISTING)));
    assert_eq!(session.create_pool(&act("\\Lab", OPEN_EXISTING)).expect("ERROR_SUCCESS"), lab);
    proves!(
        "CreateNtmsMediaPool/ERROR_ALREADY_EXISTS",
        "CreateNtmsMediaPool/ERROR_OBJECT_NOT_FOUND",
        "CreateNtmsMediaPool/createpool-create-exists",
        "CreateNtmsMediaPool/createpool-open-existing-missing"
    );
}

#[test]
fn opening_always_gives_one_pool_a_name() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let call = CreatePoolCall { action: OPEN_ALWAYS, ..bed.new_pool("\\Lab") };
    let made = session.create_pool(&call).expect("it is made");
    assert_eq!(session.create_pool(&call).expect("it is opened"), made);
    let other = CreatePoolCall { media_type: Some(bed.id("nobody")), ..call };
    assert_eq!(session.create_pool(&other).expect("the type is ignored"), made);
    proves!(
        "CreateNtmsMediaPool/createpool-open-always",
        "CreateNtmsMediaPool/createpool-open-mediatype-ignored"
    );
}

#[test]
fn one_call_makes_one_level() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.refused("ERROR_OBJECT_NOT_FOUND", || session.create_pool(&bed.new_pool("\\App\\Pool1")));
    let app = CreatePoolCall { media_type: None, ..bed.new_pool("\\App") };
    let app = session.create_pool(&app).expect("the upper level");
    let pool = session.create_pool(&bed.new_pool("\\App\\Pool1")).expect("ERROR_SUCCESS");
    assert_eq!(bed.pool_seen(&session, pool).parent, Some(app.to_string()));
    let children = session.enumerate(Some(app), ObjectType::MediaPool.number(), 0).expect("a list");
    assert_eq!(children, [pool]);
    proves!(
        "CreateNtmsMediaPool/ERROR_SUCCESS",
        "CreateNtmsMediaPool/createpool-one-level",
        "CreateNtmsMediaPool/createpool-separator",
        "M-73"
    );
}

#[test]
fn names_compare_exactly_and_a_leading_separator_is_supplied() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let open = |name: &str| {
        session.create_pool(&CreatePoolCall { action: OPEN_ALWAYS, ..bed.new_pool(name) }).expect("a pool")
    };
    let lab = open("Lab");
    assert_eq!(open("\\Lab"), lab);
    assert_ne!(open("\\lab"), lab);
    proves!(
        "CreateNtmsMediaPool/createpool-name-case",
        "CreateNtmsMediaPool/createpool-leading-separator",
        "M-75"
    );
}

#[test]
fn system_pools_are_made_by_the_service_alone() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    for name in ["\\Free\\Mine", "\\Import\\Mine", "\\Unrecognized\\LTO-6\\Mine"] {
        bed.refused("ERROR_INVALID_MEDIA_POOL", || session.create_pool(&bed.new_pool(name)));
    }
    proves!("CreateNtmsMediaPool/createpool-app-only");
}

#[test]
fn a_new_pool_stands_below_the_root_and_has_no_policy() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    let seen = bed.pool_seen(&session, pool);
    assert_eq!(seen.parent, Some(bed.id("\\").to_string()));
    assert_eq!(seen.pool_type, 1_000);
    assert_eq!((seen.allocation_policy, seen.deallocation_policy, seen.max_allocates), (0, 0, 0));
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.create_pool(&bed.new_pool("\\Other")));
    proves!(
        "CreateNtmsMediaPool/createpool-pooltype",
        "CreateNtmsMediaPool/createpool-policy-default",
        "CreateNtmsMediaPool/createpool-maxallocates-default",
        "CreateNtmsMediaPool/createpool-root-ambiguity",
        "CreateNtmsMediaPool/createpool-under-app-root"
    );
}

#[test]
fn a_pool_holds_pools_or_media() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let container = CreatePoolCall { media_type: None, ..bed.new_pool("\\App") };
    let container = session.create_pool(&container).expect("NULL is accepted");
    assert_eq!(bed.pool_seen(&session, container).media_type, None);
    bed.make_free(&session, "V00001L6");
    let medium = Some(bed.id("V00001L6"));
    bed.refused("ERROR_INVALID_MEDIA_POOL", || session.move_to_pool(medium, Some(container)));
    bed.pool(&session, "\\App\\Media");
    bed.refused("ERROR_INVALID_MEDIA_POOL", || session.create_pool(&bed.new_pool("\\App\\Media\\More")));
    proves!(
        "CreateNtmsMediaPool/createpool-container",
        "CreateNtmsMediaPool/createpool-not-both",
        "CreateNtmsMediaPool/createpool-null-mediatype-conflict",
        "M-74"
    );
}

#[test]
fn a_pool_at_the_top_is_its_creators_alone_and_one_below_also_the_upper_owners() {
    let bed = Bed::new();
    let (operator, ada, alice) =
        (bed.open(User::Operator), bed.open(User::Administrator), bed.open(User::Alice));
    let container = CreatePoolCall { media_type: None, ..bed.new_pool("\\Lab") };
    let top = operator.create_pool(&container).expect("a pool");
    // Everybody may use the root, and nobody gets anything from it.
    bed.refused("ERROR_ACCESS_DENIED", || alice.information(top, 0));
    operator.information(top, 0).expect("its creator may");
    let below = bed.pool(&ada, "\\Lab\\Daily");
    operator.information(below, 0).expect("the owner of the upper pool may");
    bed.alter_pool(&operator, below, |pool| pool.max_allocates = 3).expect("and may change it");
    bed.refused("ERROR_ACCESS_DENIED", || alice.information(below, 0));
    proves!(
        "CreateNtmsMediaPool/createpool-sd-default-top",
        "CreateNtmsMediaPool/createpool-sd-default-child",
        "P-221"
    );
}

#[test]
fn a_catalogue_without_room_or_that_fails_takes_no_pool() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let call = bed.new_pool("\\Lab");
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.create_pool(&call));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.create_pool(&call));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.create_pool(&call).expect("it can be written again");
    proves!("CreateNtmsMediaPool/ERROR_DATABASE_FULL", "CreateNtmsMediaPool/ERROR_DATABASE_FAILURE");
}
