//! Our own free labels: read back, golden, and refused when any byte differs.

mod common;

use common::{hex, image, known, mtf, tape};
use md5::{Digest, Md5};
use proptest::prelude::*;
use rsm_label::{
    Claim, FREE_DISC_KIND, FREE_TAPE_KIND, Finding, TapeHead, free_disc_label, free_tape_label,
    recognise_disc, recognise_tape,
};

const ID: [u8; 16] =
    [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F];

fn free(kind: &str, id: [u8; 16]) -> Finding {
    Finding::Known(Claim { kind: kind.to_owned(), id: id.to_vec(), info: "Free".to_owned() })
}

fn on_tape(id: [u8; 16]) -> TapeHead {
    TapeHead { files: vec![free_tape_label(id)] }
}

/// The digests were made of labels that another program packed from the tables in the modules' comments.
#[test]
fn the_bytes_are_those_of_the_tables() {
    let blocks = free_tape_label(ID);
    assert_eq!(blocks.len(), 1);
    assert_eq!(Md5::digest(&blocks[0]).to_vec(), hex("68a0acdbd2401a333e5423268f50a417"));
    let label = free_disc_label(ID);
    assert_eq!(label.len(), 65_536);
    assert_eq!(Md5::digest(&label).to_vec(), hex("01d6db22b636c610e0f102250c5016b9"));
}

#[test]
fn every_changed_byte_of_a_free_tape_label_is_noticed() {
    let label = free_tape_label(ID).concat();
    for at in 0..label.len() {
        for change in 1..=u8::MAX {
            let mut block = label.clone();
            block[at] ^= change;
            let found = recognise_tape(&tape(&[&block]));
            assert!(
                !matches!(&found, Finding::Known(claim) if claim.kind == FREE_TAPE_KIND),
                "byte {at} changed by {change:02x}: {found:?}"
            );
        }
    }
}

#[test]
fn every_changed_byte_of_a_free_disc_label_is_noticed() {
    let mut label = free_disc_label(ID);
    for at in 0..label.len() {
        let changes = if at < 64 { 1..=u8::MAX } else { 0x80..=0x80 };
        for change in changes {
            label[at] ^= change;
            let found = recognise_disc(&label);
            assert_eq!(found, Finding::Unknown, "byte {at} changed by {change:02x}");
            label[at] ^= change;
        }
    }
    assert_eq!(recognise_disc(&label), free(FREE_DISC_KIND, ID));
}

#[test]
fn a_free_tape_label_is_read_at_any_block_size() {
    let label = free_tape_label(ID).concat();
    let halves = tape(&[&label[..512], &label[512..]]);
    assert_eq!(recognise_tape(&halves), free(FREE_TAPE_KIND, ID));
    let mut padded = label.clone();
    padded.resize(4_096, 0);
    assert_eq!(recognise_tape(&tape(&[&padded])), free(FREE_TAPE_KIND, ID));
    assert_eq!(recognise_tape(&tape(&[&label[..1_023]])), Finding::Unknown);
}

#[test]
fn nobody_else_gets_our_label_types() {
    for kind in [FREE_TAPE_KIND, FREE_DISC_KIND] {
        for name in [kind.to_owned(), format!(" {kind} "), format!("{kind}\0tail")] {
            for (label, marked) in [("", false), ("10111213-1415-1617-1819-1a1b1c1d1e1f", true)] {
                let block = mtf(name.as_bytes(), b"Free", label.as_bytes(), marked);
                assert_eq!(recognise_tape(&tape(&[&block])), Finding::Unknown, "{name:?}");
            }
        }
    }
}

#[test]
fn a_file_system_made_over_a_free_label_takes_it_away() {
    for name in ["fat12.pieces", "ntfs.pieces", "iso9660.pieces", "udf2048.pieces", "udf512.pieces"] {
        let mut side = free_disc_label(ID);
        let made = image(name, 1 << 20);
        side.resize(made.len(), 0);
        for (old, new) in side.chunks_mut(512).zip(made.chunks(512)) {
            if new.iter().any(|&byte| byte != 0) {
                old.copy_from_slice(new);
            }
        }
        assert_ne!(known(recognise_disc(&side)).kind, FREE_DISC_KIND, "{name}");
        side[..65_536].copy_from_slice(&free_disc_label(ID));
        assert_eq!(recognise_disc(&side), free(FREE_DISC_KIND, ID), "{name}: and the label takes it away");
    }
}

proptest! {
    #[test]
    fn free_labels_read_back_for_any_id(id: [u8; 16]) {
        prop_assert_eq!(recognise_tape(&on_tape(id)), free(FREE_TAPE_KIND, id));
        prop_assert_eq!(recognise_disc(&free_disc_label(id)), free(FREE_DISC_KIND, id));
    }

    #[test]
    fn one_changed_byte_of_any_free_tape_label_is_noticed(id: [u8; 16], at in 0_usize..1_024, change in 1_u8..) {
        let mut block = free_tape_label(id).concat();
        block[at] ^= change;
        let found = recognise_tape(&tape(&[&block]));
        let ours = matches!(&found, Finding::Known(claim) if claim.kind == FREE_TAPE_KIND);
        prop_assert!(!ours, "{:?}", found);
    }
}
