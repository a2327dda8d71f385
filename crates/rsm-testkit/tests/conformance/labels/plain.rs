//! Cartridges without bar code: their label is the only name that they have.

use super::set_recovery;
use crate::bed::discs::{READ_ONLY, volume};
use crate::bed::hands::plain;
use crate::bed::{self, Bed, Plan, User};
use rsm_client::{ClientError, Session};
use rsm_label::free_tape_label;
use rsm_model::Code;
use rsm_model::generated::constants::library::{NTMS_INVENTORY_FAST, NTMS_INVENTORY_OMID};
use rsm_proof::proves;
use rsm_simlib::Side;

/// Two cartridges without bar code in the first two slots of a library that could not read one.
fn unread() -> Bed {
    let build = |lab: &mut rsm_simlib::LibraryConfig| {
        lab.changer.bar_code_reader = false;
        lab.media.count = 0;
        lab.cartridge = vec![plain(lab, 1), plain(lab, 2)];
    };
    Plan::new().plain_are_lto6().lab(build).build()
}

#[test]
fn an_exchange_of_two_plain_cartridges_shows_at_the_next_mount_only() {
    let bed = unread();
    let session = bed.open(User::Administrator);
    for medium in ["medium1", "medium2"] {
        bed.make_free(&session, medium);
    }
    set_recovery(&bed, &session, false);
    let (before, motions) = (bed.books(), bed.motions());
    bed.swap_silently("slot1", "slot2");
    bed.inventory(&session, NTMS_INVENTORY_FAST);
    let after = bed.books();
    assert_eq!((&after.media, &after.sides), (&before.media, &before.sides), "the inventory saw nothing");
    assert_eq!(bed.motions(), motions, "and it looked at no label");
    let refusal = match session.mount(&bed::mount(bed.id("medium1"))) {
        Err(ClientError::Refused(refusal)) => refusal,
        other => panic!("the wrong medium was handed over: {other:?}"),
    };
    bed.settle();
    let request = bed.books().requests.last().cloned().expect("the mount");
    assert_eq!(request.error, Some(Code::UnexpectedOmid));
    assert!(refusal.next.contains("full inventory"), "the way out is told: {}", refusal.next);
    // The way out is one.
    bed.inventory(&session, NTMS_INVENTORY_OMID);
    for (slot, was) in [("slot1", "medium2"), ("slot2", "medium1")] {
        let books = bed.books();
        let there = |medium: &&rsm_model::record::Medium| medium.location.guid() == Some(bed.id(slot));
        let held = books.name(books.media.iter().find(there).expect("a medium").id.0);
        let side = before.sides.iter().find(|side| side.medium.0 == before.by_name()[was]);
        let found = bed.side(&session, &format!("{held}/side"));
        assert_eq!(found.omid_label_id, side.expect("a side").label_id, "{slot} holds what {was} was");
        assert!(!bed.medium(&session, &held).conflict);
    }
    proves!("P-30");
}

#[test]
fn a_label_that_is_known_brings_its_medium_back_and_others_are_new() {
    let bed = Plan::new().plain_are_lto6().lab(|lab| lab.cartridge = vec![plain(lab, 5)]).build();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "medium5", pool);
    let known = bed.id("medium5");
    let before = bed.side(&session, "medium5/side");
    bed.take_out("slot5");
    bed.inventory(&session, NTMS_INVENTORY_FAST);
    assert_eq!(bed.medium(&session, "medium5").location, None);
    // It comes back into another slot, as a cartridge of which nobody knows anything.
    bed.put_back("plain", "slot6");
    bed.inventory(&session, NTMS_INVENTORY_FAST);
    assert_eq!(bed.side(&session, "medium6/side").state_word, "unknown");
    bed.classify(&session, "medium6");
    let medium = bed.medium(&session, "medium5");
    assert_eq!((medium.location, medium.media_pool), (Some(bed.id("slot6").to_string()), pool.to_string()));
    let after = bed.side(&session, "medium5/side");
    assert_eq!((&after.state_word, &after.omid_label_id), (&before.state_word, &before.omid_label_id));
    assert_eq!((bed.id("medium5"), after.state_word.as_str()), (known, "available"));
    // The type is known, the id is not; nobody knows the type; the drive refuses what is there.
    bed.record_elsewhere("slot1", free_tape_label([0x42; 16]));
    bed.record_elsewhere("slot2", vec![b"neither this nor that".to_vec(); 3]);
    for medium in ["V00001L6", "V00002L6", "V00003L6"] {
        bed.classify(&session, medium);
    }
    for drive in ["drive1", "drive2"] {
        bed.refuse_next(drive);
    }
    bed.classify(&session, "V00004L6");
    let rows = [
        ("V00001L6", "import", "Import"),
        ("V00002L6", "foreign", "Unrecognized"),
        ("V00003L6", "foreign", "Unrecognized"),
        ("V00004L6", "incompatible", "Unrecognized"),
    ];
    for (medium, state, pool) in rows {
        assert_eq!(bed.side(&session, &format!("{medium}/side")).state_word, state, "{medium}");
        assert_eq!(bed.medium(&session, medium).media_pool, bed.system_pool(pool).to_string(), "{medium}");
    }
    // A volume on a disc that is never written is imported, and never free.
    let bed = Plan::new().discs(READ_ONLY).build();
    let session = bed.open(User::Operator);
    bed.press("D00001", Side::A, volume("iso9660"));
    bed.classify(&session, "D00001");
    assert_eq!(bed.side(&session, "D00001/side").state_word, "import");
    let (disc, free) = (bed.id("D00001"), bed.system_pool("Free"));
    bed.refused("ERROR_INVALID_MEDIA_POOL", || session.move_to_pool(Some(disc), Some(free)));
    proves!("P-46");
}

/// A new cartridge is called by its bar code, a plain one by its label if it has one side, and else by its number. What
/// M-51 says of CreateNtmsMedia waits for that function.
#[test]
fn a_cartridge_is_called_by_its_bar_code_its_label_or_its_number() {
    let name = |bed: &Bed, session: &Session, medium: &str| bed.look(session, bed.id(medium)).name;
    let label = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../rsm-label/tests/fixtures/");
        vec![std::fs::read(format!("{folder}{name}")).expect("a fixture of rsm-label")]
    };
    let build = |lab: &mut rsm_simlib::LibraryConfig| lab.cartridge = vec![plain(lab, 5), plain(lab, 6)];
    let bed = Plan::new().lab(build).build();
    let session = bed.open(User::Operator);
    for slot in ["slot1", "slot5"] {
        bed.record_elsewhere(slot, label("mtf-unicode.block"));
    }
    for medium in ["V00001L6", "medium5", "medium6"] {
        bed.classify(&session, medium);
    }
    let info = bed.side(&session, "medium5/side").omid_label_info;
    assert!(!info.is_empty());
    assert_eq!(name(&bed, &session, "V00001L6"), "V00001L6");
    assert_eq!(name(&bed, &session, "medium5"), info);
    assert_eq!(name(&bed, &session, "medium6"), "Medium 6");
    for (sides, code, called) in [(1, READ_ONLY, "ARCHIVE_9660"), (2, bed::discs::REWRITABLE, "Medium 5")] {
        let bed = Plan::new().discs(code).lab(|lab| lab.cartridge = vec![plain(lab, 5)]).build();
        let session = bed.open(User::Operator);
        bed.press("plain", Side::A, volume("iso9660"));
        bed.classify(&session, "medium5");
        assert_eq!(bed.medium(&session, "medium5").number_of_partitions, sides);
        assert_eq!(bed.side(&session, "medium5/side").omid_label_info, "ARCHIVE_9660");
        assert_eq!(name(&bed, &session, "medium5"), called);
    }
}
