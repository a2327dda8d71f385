//! GetNtmsMediaPoolName.

use crate::bed::pools::OPEN_EXISTING;
use crate::bed::{Bed, User};
use rsm_model::call::CreatePoolCall;
use rsm_model::ids::Guid;
use rsm_proof::proves;

#[test]
fn a_pool_that_the_caller_may_not_use_has_no_name_for_it() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || session.pool_name(Some(bed.id("\\Import\\LTO-6"))));
    assert_eq!(session.pool_name(Some(bed.id("\\Free\\LTO-6"))).expect("everybody may"), "\\Free\\LTO-6");
    proves!("GetNtmsMediaPoolName/ERROR_ACCESS_DENIED");
}

#[test]
fn what_is_no_pool_has_no_name() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for pool in [None, Some(Guid::NULL), Some(bed.id("nobody")), Some(bed.id("lab"))] {
        bed.refused("ERROR_INVALID_MEDIA_POOL", || session.pool_name(pool));
    }
    let fields = serde_json::json!({ "session": "nonsense" }).as_object().cloned().expect("fields");
    let path = "/rsm.v1.MediaServices/GetNtmsMediaPoolName";
    bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    proves!("GetNtmsMediaPoolName/ERROR_INVALID_MEDIA_POOL", "GetNtmsMediaPoolName/ERROR_INVALID_HANDLE");
}

#[test]
fn the_longest_path_fits_a_buffer_of_512_characters() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let mut path = String::new();
    let mut pool = None;
    // Seven levels of 63 characters with their separators, and one that takes what is left.
    for level in [63, 63, 63, 63, 63, 63, 63, 62] {
        path = format!("{path}\\{}", "x".repeat(level));
        let container = CreatePoolCall { media_type: None, ..bed.new_pool(&path) };
        pool = Some(session.create_pool(&container).expect("a pool"));
    }
    let name = session.pool_name(pool).expect("ERROR_SUCCESS");
    assert_eq!((name.chars().count(), &name), (511, &path), "with its NUL it is 512");
    let longer = CreatePoolCall { media_type: None, ..bed.new_pool(&format!("{path}\\y")) };
    bed.refused("ERROR_INVALID_NAME", || session.create_pool(&longer));
    proves!("GetNtmsMediaPoolName/poolname-max");
}

#[test]
fn a_name_is_the_path_by_which_the_pool_is_opened() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let container = CreatePoolCall { media_type: None, ..bed.new_pool("Lab") };
    session.create_pool(&container).expect("a pool");
    let pool = bed.pool(&session, "Lab\\Daily");
    let name = session.pool_name(Some(pool)).expect("ERROR_SUCCESS");
    assert_eq!(name, "\\Lab\\Daily");
    let open = CreatePoolCall { action: OPEN_EXISTING, ..bed.new_pool(&name) };
    assert_eq!(session.create_pool(&open).expect("it is opened"), pool);
    proves!("GetNtmsMediaPoolName/ERROR_SUCCESS", "GetNtmsMediaPoolName/poolname-full-path");
}
