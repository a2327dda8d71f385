//! Sides of discs, and what is said of them.

mod common;

use common::{hex, image};
use rsm_label::{Claim, DISC_BYTES_WANTED, Finding, recognise_disc};

const WANTED: usize = DISC_BYTES_WANTED as usize;

#[track_caller]
fn check(start: &[u8], kind: &str, id: &[u8], info: &str) {
    let expected = Claim { kind: kind.to_owned(), id: id.to_vec(), info: info.to_owned() };
    assert_eq!(recognise_disc(start), Finding::Known(expected));
}

#[test]
fn an_erased_side_is_blank() {
    for length in [65_536, WANTED] {
        assert_eq!(recognise_disc(&vec![0x00; length]), Finding::Blank);
        assert_eq!(recognise_disc(&vec![0xFF; length]), Finding::Blank);
    }
}

#[test]
fn one_byte_that_is_not_erased_makes_a_side_unknown() {
    for at in [0, 512, 65_535, WANTED - 1] {
        let mut start = vec![0; WANTED];
        start[at] = 0xFF;
        assert_eq!(recognise_disc(&start), Finding::Unknown);
    }
}

#[test]
fn too_little_to_judge_is_not_blank() {
    assert_eq!(recognise_disc(&[]), Finding::Unknown);
    assert_eq!(recognise_disc(&vec![0; 65_535]), Finding::Unknown);
}

#[test]
fn p44_fat_has_serial_number_and_label() {
    for (name, kind, serial, info) in [
        ("fat12.pieces", "FAT", "cdab3412", "ARCHIVE12"),
        ("fat16.pieces", "FAT", "efcd7856", "ARCHIVE16"),
        ("fat32.pieces", "FAT32", "ef12ab90", "ARCHIVE32"),
    ] {
        check(&image(name, 65_536), kind, &hex(serial), info);
        check(&image(name, 512), kind, &hex(serial), info);
    }
}

#[test]
fn fat_without_a_name_or_a_serial_number() {
    let mut start = image("fat12.pieces", 65_536);
    start[43..54].copy_from_slice(b"NO NAME    ");
    check(&start, "FAT", &hex("cdab3412"), "");
    start[38] = 0x28;
    check(&start, "FAT", &hex("cdab3412"), "");
    start[38] = 0;
    assert_eq!(recognise_disc(&start), Finding::Unknown);
}

#[test]
fn numbers_that_no_fat_volume_has_are_not_fat() {
    let whole = image("fat12.pieces", 65_536);
    let (zero, signature) = ([0, 0], [0x55, 0xAB]);
    for (at, field) in [
        (0, &[0xEA][..]),
        (11, &[0x00, 0x03]),
        (13, &[3]),
        (13, &[0]),
        (14, &zero),
        (16, &[0]),
        (16, &[5]),
        (19, &zero),
        (21, &[0xF1]),
        (22, &zero),
        (510, &signature),
    ] {
        let mut start = whole.clone();
        start[at..at + field.len()].copy_from_slice(field);
        assert_eq!(recognise_disc(&start), Finding::Unknown, "byte {at}");
    }
}

#[test]
fn fat32_without_tables_is_not_fat() {
    let mut start = image("fat32.pieces", 65_536);
    start[36..40].fill(0);
    assert_eq!(recognise_disc(&start), Finding::Unknown);
}

#[test]
fn a_table_of_partitions_is_not_fat() {
    let mut start = vec![0; 65_536];
    start[..3].copy_from_slice(&[0xEB, 0x63, 0x90]);
    start[446..462].copy_from_slice(&hex("80010100060fffff3f000000c1ff0700"));
    start[510..512].copy_from_slice(&[0x55, 0xAA]);
    assert_eq!(recognise_disc(&start), Finding::Unknown);
}

#[test]
fn p44_ntfs_has_a_serial_number() {
    check(&image("ntfs.pieces", 65_536), "NTFS", &hex("b0fe7336"), "");
}

#[test]
fn p44_cdfs_has_its_creation_date_and_volume_name() {
    let mut id = b"2024020304050600\0ARCHIVE_9660".to_vec();
    id.resize(49, b' ');
    check(&image("iso9660.pieces", WANTED), "CDFS", &id, "ARCHIVE_9660");
    check(&image("iso9660.pieces", 65_536), "CDFS", &id, "ARCHIVE_9660");
    assert_eq!(recognise_disc(&image("iso9660.pieces", 65_536)[..34_815]), Finding::Unknown);
}

#[test]
fn udf_has_the_unique_part_of_its_volume_set() {
    check(&image("udf2048.pieces", WANTED), "UDF", b"0123456789abcdef", "Archive Seven");
    check(&image("udf512.pieces", WANTED), "UDF", b"fedcba9876543210", "Grüße 日本");
}

#[test]
fn a_disc_made_for_both_is_udf() {
    check(&image("bridge.pieces", WANTED), "UDF", b"6B01917600000EF0", "BRIDGE");
}

#[test]
fn a_damaged_udf_descriptor_is_not_believed() {
    let whole = image("udf2048.pieces", WANTED);
    let anchor = 256 * 2_048;
    let primary = 96 * 2_048;
    for at in
        [anchor, anchor + 4, anchor + 12, anchor + 16, anchor + 20, primary + 5, primary + 8, primary + 75]
    {
        let mut start = whole.clone();
        start[at] ^= 0x01;
        assert_eq!(recognise_disc(&start), Finding::Unknown, "byte {at}");
    }
    assert_eq!(recognise_disc(&whole[..65_536]), Finding::Unknown, "the anchor lies beyond");
}

#[test]
fn a_udf_descriptor_that_names_another_place_is_not_believed() {
    let mut start = image("udf2048.pieces", WANTED);
    let (primary, next) = (96 * 2_048, 97 * 2_048);
    start.copy_within(primary..primary + 2_048, next);
    assert_eq!(recognise_disc(&start), Finding::Unknown);
}
