//! MountNtmsMedia: the codes of the call. The rules about waiting, order and the sides of discs stand in their own modules.

mod discs;
mod gangs;
mod order;
mod waiting;

use crate::bed::hands::cartridge;
use crate::bed::{
    self, Bed, ERROR_NOT_AVAILABLE, ERROR_OFFLINE, NO_WAIT, Plan, READ, SPECIFIC_DRIVE, User, WRITE,
};
use rsm_model::call::MountCall;
use rsm_model::ids::Guid;
use rsm_proof::proves;

#[test]
fn counts_ranges_and_flags_are_checked() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let good = bed::mount(bed.id("V00001L6"));
    for call in [
        MountCall { media: Vec::new(), ..good.clone() },
        MountCall { options: READ | SPECIFIC_DRIVE, ..good.clone() },
        MountCall { options: 0x40, ..good.clone() },
        MountCall { priority: 16, ..good.clone() },
        MountCall { priority: -16, ..good.clone() },
    ] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.mount(&call));
    }
    for priority in [-15, 15] {
        let call = MountCall { priority, options: READ | NO_WAIT, ..good.clone() };
        session.mount(&call).expect("the ends of the range are in it");
    }
    proves!(
        "MountNtmsMedia/ERROR_INVALID_PARAMETER",
        "MountNtmsMedia/mount-empty",
        "MountNtmsMedia/mount-priority-range",
        "P-90"
    );
}

#[test]
fn what_names_no_medium_is_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for id in [bed.id("nobody"), bed.id("drive1"), bed.id("\\Import"), Guid::NULL] {
        bed.refused("ERROR_INVALID_MEDIA", || session.mount(&bed::mount(id)));
    }
    let [medium, side] = ["V00001L6", "V00001L6/side"].map(|name| bed.id(name));
    for media in [vec![side, side], vec![medium, side]] {
        bed.refused("ERROR_INVALID_MEDIA", || session.mount(&MountCall { media, ..bed::mount(medium) }));
    }
    proves!("MountNtmsMedia/ERROR_INVALID_MEDIA", "MountNtmsMedia/mount-duplicate-ids");
}

#[test]
fn a_user_who_may_not_use_the_pool_is_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || session.mount(&bed::mount(bed.id("V00001L6"))));
    let operator = bed.open(User::Operator);
    operator.mount(&bed::mount(bed.id("V00001L6"))).expect("USE on pool and library");
    proves!("MountNtmsMedia/ERROR_ACCESS_DENIED", "P-91");
}

#[test]
fn a_session_that_is_none_is_told_before_anything_else() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id, "priority": 99 }).as_object().cloned();
        let path = "/rsm.v1.MediaServices/MountNtmsMedia";
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields.expect("fields")));
    }
    proves!("MountNtmsMedia/mount-no-handle-code", "MountNtmsMedia/common-invalid-handle-vs-param");
}

#[test]
fn arguments_come_first_then_rights_then_states() {
    let bed = Bed::new();
    let offline = MountCall { options: READ | ERROR_OFFLINE, ..bed::mount(bed.id("V00001L6")) };
    bed.take_out("slot1");
    let operator = bed.open(User::Operator);
    operator.inventory(bed.id("lab"), 1).expect("queued");
    let alice = bed.open(User::Alice);
    let wrong = MountCall { priority: 99, ..offline.clone() };
    bed.refused("ERROR_INVALID_PARAMETER", || alice.mount(&wrong));
    bed.refused("ERROR_ACCESS_DENIED", || alice.mount(&offline));
    bed.refused("ERROR_MEDIA_OFFLINE", || operator.mount(&offline));
    proves!("MountNtmsMedia/common-check-order");
}

#[test]
fn what_is_in_use_is_busy_where_the_caller_does_not_want_to_wait() {
    let bed = Plan::new().lab(|lab| lab.geometry.drives = 1).build();
    let owner = bed.open(User::Operator);
    let other = bed.open(User::Administrator);
    let [first, second] = ["V00001L6", "V00002L6"]
        .map(|name| MountCall { options: READ | ERROR_NOT_AVAILABLE, ..bed::mount(bed.id(name)) });
    owner.mount(&first).expect("mounted");
    bed.refused("ERROR_BUSY", || other.mount(&first));
    bed.refused("ERROR_BUSY", || other.mount(&second));
    bed.refused("ERROR_BUSY", || owner.mount(&first));
    proves!(
        "MountNtmsMedia/ERROR_BUSY",
        "MountNtmsMedia/mount-error-not-available",
        "MountNtmsMedia/mount-exclusive",
        "MountNtmsMedia/mount-remount-own",
        "P-106"
    );
}

#[test]
fn a_drive_has_to_be_one_and_of_the_mediums_library() {
    let bed = Plan::new().second("annex").build();
    let session = bed.open(User::Operator);
    let into = |drive: &str| MountCall {
        drives: vec![bed.id(drive)],
        options: READ | SPECIFIC_DRIVE,
        ..bed::mount(bed.id("V00001L6"))
    };
    for name in ["nobody", "slot1", "V00002L6"] {
        bed.refused("ERROR_INVALID_DRIVE", || session.mount(&into(name)));
    }
    bed.refused("ERROR_DRIVE_MEDIA_MISMATCH", || session.mount(&into("annex/drive1")));
    assert_eq!(session.mount(&into("drive2")).expect("mounted").drives, [bed.id("drive2")]);
    proves!(
        "MountNtmsMedia/ERROR_INVALID_DRIVE",
        "MountNtmsMedia/ERROR_DRIVE_MEDIA_MISMATCH",
        "MountNtmsMedia/mount-specific-drive-library",
        "P-94"
    );
}

#[test]
fn media_of_one_call_stand_in_one_library() {
    let bed = Plan::new().second("annex").build();
    let session = bed.open(User::Operator);
    let media = vec![bed.id("V00001L6"), bed.id("V09001L6")];
    let call = MountCall { media, ..bed::mount(Guid::NULL) };
    bed.refused("ERROR_DRIVE_MEDIA_MISMATCH", || session.mount(&call));
    proves!("MountNtmsMedia/mount-single-library");
}

#[test]
fn a_cleaner_and_a_cartridge_in_doubt_are_in_no_state_to_be_mounted() {
    let plan = Plan::new().lab(|lab| {
        let cleaner = cartridge(lab, 6, "CLN001L6");
        lab.cartridge.push(cleaner);
    });
    let bed = plan.build();
    let session = bed.open(User::Operator);
    bed.refused("ERROR_INVALID_STATE", || session.mount(&bed::mount(bed.id("CLN001L6"))));
    bed.put_new("V00001L6", "slot5");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    bed.refused("ERROR_INVALID_STATE", || session.mount(&bed::mount(bed.id("V00001L6#6"))));
    proves!("MountNtmsMedia/ERROR_INVALID_STATE");
}

#[test]
fn a_drive_that_cannot_use_the_medium_is_not_chosen() {
    let bed = Plan::new()
        .lab(|lab| {
            lab.drive.product = "ULT3580-TD7".to_string();
            lab.drive.generation = 7.try_into().ok();
            let old = cartridge(lab, 5, "OLD005L5");
            lab.cartridge.push(old);
        })
        .build();
    let session = bed.open(User::Operator);
    let old = bed::mount(bed.id("OLD005L5"));
    bed.refused("ERROR_DRIVE_MEDIA_MISMATCH", || session.mount(&MountCall { options: WRITE, ..old.clone() }));
    let named = MountCall { options: WRITE | SPECIFIC_DRIVE, drives: vec![bed.id("drive1")], ..old.clone() };
    bed.refused("ERROR_DRIVE_MEDIA_MISMATCH", || session.mount(&named));
    session.mount(&old).expect("the drives read it");
    session
        .mount(&MountCall { options: WRITE, ..bed::mount(bed.id("V00001L6")) })
        .expect("the drives write the generation before theirs");
}

#[test]
fn an_offline_medium_is_refused_at_once_where_the_caller_asks_for_that() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let call = MountCall { options: READ | ERROR_OFFLINE, ..bed::mount(bed.id("V00001L6")) };
    bed.refused("ERROR_MEDIA_OFFLINE", || session.mount(&call));
    assert_eq!(bed.books().operators, []);
    proves!("MountNtmsMedia/ERROR_MEDIA_OFFLINE", "MountNtmsMedia/mount-offline-error");
}

#[test]
fn a_catalogue_without_room_takes_no_mount() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let call = bed::mount(bed.id("V00001L6"));
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.mount(&call));
    bed.empty_disk();
    session.mount(&call).expect("there is room again");
    proves!("MountNtmsMedia/ERROR_DATABASE_FULL");
}

#[test]
fn a_catalogue_that_cannot_be_written_takes_no_mount() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let call = bed::mount(bed.id("V00001L6"));
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.mount(&call));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.mount(&call).expect("it can be written again");
    proves!("MountNtmsMedia/ERROR_DATABASE_FAILURE");
}

#[test]
fn a_mounted_medium_is_loaded_and_counted() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let mounted = session.mount(&bed::mount(bed.id("V00001L6"))).expect("ERROR_SUCCESS");
    assert_eq!(mounted.drives, [bed.id("drive1")]);
    let (drive, medium) = (bed.drive(&session, "drive1"), bed.medium(&session, "V00001L6"));
    assert_eq!((drive.state, medium.media_state), (2, 3));
    assert_eq!(medium.mounted_partition, Some(bed.id("V00001L6/side").to_string()));
    assert_eq!((drive.mount_count, bed.side(&session, "V00001L6/side").mount_count), (1, 1));
    assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1"]);
    proves!(
        "MountNtmsMedia/ERROR_SUCCESS",
        "MountNtmsMedia/mount-state-after",
        "MountNtmsMedia/mount-counts"
    );
}

#[test]
fn a_side_that_nobody_allocated_is_mounted_by_its_id() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    assert_eq!(bed.side(&session, "V00001L6/side").logical_media, None);
    session.mount(&bed::mount(bed.id("V00001L6/side"))).expect("only the rights decide");
    proves!("MountNtmsMedia/mount-unallocated-side");
}

#[test]
fn without_access_bits_a_mount_is_for_reading() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let neither = MountCall { options: 0, ..bed::mount(bed.id("V00001L6")) };
    let drive = session.mount(&neither).expect("mounted").drives[0];
    bed.refused("ERROR_WRITE_PROTECT", || session.write_blocks(drive, vec![b"data".to_vec()]));
    let writing = MountCall { options: WRITE, ..bed::mount(bed.id("V00002L6")) };
    let drive = session.mount(&writing).expect("mounted").drives[0];
    session.write_blocks(drive, vec![b"data".to_vec()]).expect("written");
    proves!("MountNtmsMedia/mount-no-access-bits");
}
