//! Whatever a medium holds: no panic, claims within the limits, the same answer twice.

mod common;

use common::{fixture, image, ltfs_label, mtf, seal, vol1};
use proptest::prelude::*;
use proptest::sample::Index;
use rsm_label::{
    Finding, LONGEST_BLOCK, RECOGNISERS, TapeHead, free_disc_label, free_tape_label, recognise_disc,
    recognise_tape,
};

fn within_limits(finding: &Finding) -> bool {
    match finding {
        Finding::Known(claim) => {
            let (kind, info) = (claim.kind.encode_utf16().count(), claim.info.encode_utf16().count());
            (1..=63).contains(&kind)
                && info <= 255
                && (1..=255).contains(&claim.id.len())
                && !claim.kind.chars().chain(claim.info.chars()).any(char::is_control)
        }
        Finding::Blank | Finding::Unknown => true,
    }
}

/// Tapes that are recognised, to be damaged.
fn sound_tapes() -> Vec<TapeHead> {
    let uuid = "9eaa3460-89ba-11cf-8a04-0000c0d9ca0d";
    let mut tapes = vec![
        TapeHead { files: vec![free_tape_label([0xA5; 16])] },
        TapeHead { files: vec![vec![vol1("AB1234", "LTFS", "")], vec![ltfs_label(uuid)]] },
        TapeHead { files: vec![vec![vol1("AB1234", "", "OWNER")]] },
        TapeHead { files: vec![vec![mtf(b"Some", b"Name", uuid.as_bytes(), true)]] },
    ];
    let names =
        ["mtf-unicode.block", "mtf-ansi.block", "ustar.tar", "gnulong.tar", "paxlong.tar", "prefix.tar"];
    tapes.extend(names.map(|name| TapeHead { files: vec![vec![fixture(name)]] }));
    tapes
}

fn tapes() -> impl Strategy<Value = TapeHead> {
    let block = proptest::collection::vec(any::<u8>(), 0..700);
    let begin =
        proptest::sample::select(vec![&b""[..], b"TAPE", b"VOL1", b"\xE5\xD6\xD3\xF1", b"<ltfslabel>"]);
    let block = (begin, block).prop_map(|(begin, rest)| [begin, &rest].concat());
    let files = proptest::collection::vec(proptest::collection::vec(block, 0..4), 0..4);
    files.prop_map(|files| TapeHead { files })
}

/// Some bytes of an image set anew.
fn damage(image: &mut [u8], changes: &[(Index, u8)]) {
    for (at, value) in changes {
        if !image.is_empty() {
            let at = at.index(image.len());
            image[at] = *value;
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<(Index, u8)>> {
    proptest::collection::vec((any::<Index>(), any::<u8>()), 0..6)
}

#[test]
fn the_tapes_to_be_damaged_are_recognised() {
    for head in sound_tapes() {
        assert!(matches!(recognise_tape(&head), Finding::Known(_)), "{head:?}");
    }
}

#[test]
fn no_recogniser_needs_more_than_is_offered() {
    for one in RECOGNISERS {
        assert!((1..=2 * LONGEST_BLOCK).contains(&one.most_bytes()), "{}", one.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_tape_has_an_answer(head in tapes()) {
        let found = recognise_tape(&head);
        prop_assert!(within_limits(&found), "{:?}", found);
        prop_assert_eq!(recognise_tape(&head), found);
    }

    #[test]
    fn any_damaged_tape_has_an_answer(
        which: Index, changes in changes(), cut: Index, split: Index, resealed: bool,
    ) {
        let tapes = sound_tapes();
        let mut head = tapes[which.index(tapes.len())].clone();
        for block in head.files.iter_mut().flatten() {
            damage(block, &changes);
            if resealed && block.len() > 52 {
                seal(block);
            }
            block.truncate(1 + cut.index(2 * block.len()));
        }
        let found = recognise_tape(&head);
        prop_assert!(within_limits(&found), "{:?}", found);
        let first = &mut head.files[0];
        let at = split.index(first[0].len());
        let tail = first[0].split_off(at);
        first.insert(1, tail);
        prop_assert!(within_limits(&recognise_tape(&head)));
    }

    #[test]
    fn mtf_with_any_places_of_its_strings_has_an_answer(
        places in proptest::collection::vec((0_u16..600, 0_u16..600), 3), length in 0_u16..600, kind in 0_u8..4,
    ) {
        let mut block = mtf(&[b'x'; 400], b"", b"", true);
        block[8..10].copy_from_slice(&length.to_le_bytes());
        block[48] = kind;
        for (at, (size, offset)) in [68, 72, 80].into_iter().zip(places) {
            block[at..at + 2].copy_from_slice(&size.to_le_bytes());
            block[at + 2..at + 4].copy_from_slice(&offset.to_le_bytes());
        }
        seal(&mut block);
        let found = recognise_tape(&TapeHead { files: vec![vec![block]] });
        prop_assert!(within_limits(&found), "{:?}", found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_damaged_disc_has_an_answer(which in 0_usize..9, changes in changes(), sectors: bool, cut: Index) {
        let names = [
            "fat12.pieces", "fat16.pieces", "fat32.pieces", "ntfs.pieces", "iso9660.pieces", "bridge.pieces",
            "udf2048.pieces", "udf512.pieces",
        ];
        let mut side = names.get(which).map_or_else(|| free_disc_label([0x5A; 16]), |name| image(name, 1 << 20));
        if sectors {
            // Where something stands, not in the zeros between.
            for sector in side.chunks_mut(512).filter(|sector| sector.iter().any(|&byte| byte != 0)) {
                damage(sector, &changes);
            }
        } else {
            damage(&mut side, &changes);
        }
        let found = recognise_disc(&side);
        prop_assert!(within_limits(&found), "{:?}", found);
        side.truncate(cut.index(side.len() + 1));
        prop_assert!(within_limits(&recognise_disc(&side)));
    }

    #[test]
    fn any_bytes_of_a_disc_have_an_answer(start in proptest::collection::vec(any::<u8>(), 0..2_048)) {
        prop_assert!(within_limits(&recognise_disc(&start)));
        prop_assert_ne!(recognise_disc(&start), Finding::Blank);
    }
}
