//! Conformance: a test names, beside its assertions, the conditions and rules of docs/spec that it shows.
//!
//! A condition is met by a program that has nothing but a socket ([`bed::Bed`]); its test sees the code, and that
//! nothing else changed. `cargo xtask conformance` counts what is named; what no test can show yet stands in
//! docs/spec/unproven.toml. One module a function; at most five ids a test.

mod access_ntms_library_door;
mod bed;

mod access;
mod allocate_ntms_media;
mod cancel_ntms_library_request;
mod cancel_ntms_operator_request;
mod clean_ntms_drive;
mod close_ntms_notification;
mod close_ntms_session;
mod create_ntms_media_pool;
mod deallocate_ntms_media;
mod delete_ntms_requests;
mod disable_ntms_object;
mod dismount_ntms_drive;
mod dismount_ntms_media;
mod eject_ntms_cleaner;
mod eject_ntms_media;
mod enable_ntms_object;
mod enumerate_ntms_object;
mod get_ntms_media_pool_name;
mod get_ntms_object_information;
mod get_ntms_request_order;
mod identify_ntms_slot;
mod inject_ntms_cleaner;
mod inject_ntms_media;
mod inventory_ntms_library;
mod labels;
mod model;
mod mount_ntms_media;
mod move_to_ntms_media_pool;
mod notices;
mod open_ntms_notification;
mod open_ntms_session;
mod operator_requests;
mod processes;
mod release_ntms_cleaner_slot;
mod reserve_ntms_cleaner_slot;
mod satisfy_ntms_operator_request;
mod set_ntms_object_information;
mod set_ntms_request_order;
mod stand_alone;
mod submit_ntms_operator_request;
mod wait_for_ntms_notification;
mod wait_for_ntms_operator_request;
