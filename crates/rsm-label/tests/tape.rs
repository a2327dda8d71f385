//! Tapes of many writers, and what is said of them.

mod common;

use common::{fixture, hex, known, ltfs_label, mtf, seal, tape, tape_of_files, vol1};
use rsm_label::{
    Claim, Finding, NotMine, RECOGNISERS, Recogniser, TapeHead, recognise_tape, recognise_tape_with,
};

const UUID: &str = "9eaa3460-89ba-11cf-8a04-0000c0d9ca0d";
const UUID_BYTES: &str = "9eaa346089ba11cf8a040000c0d9ca0d";

#[track_caller]
fn check(head: &TapeHead, kind: &str, id: &[u8], info: &str) {
    let expected = Claim { kind: kind.to_owned(), id: id.to_vec(), info: info.to_owned() };
    assert_eq!(recognise_tape(head), Finding::Known(expected));
}

#[track_caller]
fn unknown(head: &TapeHead) {
    assert_eq!(recognise_tape(head), Finding::Unknown);
}

/// What each recogniser says, by name.
fn verdict(name: &str, head: &TapeHead) -> Result<Claim, NotMine> {
    RECOGNISERS.iter().find(|one| one.name() == name).expect("a recogniser of this name").claim(head)
}

#[test]
fn a_tape_without_blocks_is_blank() {
    assert_eq!(recognise_tape(&TapeHead { files: vec![] }), Finding::Blank);
    assert_eq!(recognise_tape(&TapeHead { files: vec![vec![]] }), Finding::Blank);
}

#[test]
fn what_somebody_wrote_is_not_blank() {
    unknown(&tape(&[&[0; 512]]));
    unknown(&tape(&[&[0xFF; 65_536]]));
    unknown(&tape(&[&[]]));
    unknown(&TapeHead { files: vec![vec![], vec![]] });
    unknown(&TapeHead { files: vec![vec![], vec![vec![0; 80]]] });
}

#[test]
fn p61_mtf_has_its_id_from_the_media_label() {
    let block = fixture("mtf-unicode.block");
    check(&tape(&[&block]), "Backup Häuser 3", &hex(UUID_BYTES), "Monatsende März");
}

#[test]
fn p61_mtf_without_a_media_label_has_a_digest_of_its_descriptor() {
    let block = fixture("mtf-ansi.block");
    let digest = hex("37b9c340c4a1176fda337cd48e388ba7");
    check(&tape(&[&block]), "Old Backup", &digest, "Tape 3 of 5");
    check(&tape(&[&block[..160]]), "Old Backup", &digest, "Tape 3 of 5");
    check(&tape(&[&block[..512], &block[512..]]), "Old Backup", &digest, "Tape 3 of 5");
    unknown(&tape(&[&block[..159]]));
}

#[test]
fn mtf_over_several_short_blocks_is_one_header() {
    let block = fixture("mtf-unicode.block");
    check(&tape(&[&block[..200], &block[200..]]), "Backup Häuser 3", &hex(UUID_BYTES), "Monatsende März");
    assert_eq!(verdict("MTF", &tape(&[&block[..200]])), Err(NotMine::Short));
}

#[test]
fn p61_every_damaged_byte_of_an_mtf_header_is_noticed() {
    let whole = fixture("mtf-ansi.block");
    for at in 0..52 {
        let mut block = whole.clone();
        block[at] ^= 0x10;
        unknown(&tape(&[&block]));
    }
}

#[test]
fn mtf_domain_is_not_the_medium() {
    let label =
        |medium: &str| format!("MTF Media Label|1.0|V|P|2024/02/03.04:05:06|AB1234|1|{medium}|{{{UUID}}}|");
    let id = |label: &str| known(recognise_tape(&tape(&[&mtf(b"Some", b"", label.as_bytes(), true)]))).id;
    let other = "11111111-2222-3333-4444-555555555555";
    assert_eq!(id(&label(other)), hex("11111111222233334444555555555555"));
    let nameless = id(&label(""));
    assert_ne!(nameless, hex(UUID_BYTES));
    assert_eq!(nameless.len(), 16, "a digest stands in for the id that the label does not give");
    assert_eq!(id(&format!("a label of another kind {UUID}")), hex(UUID_BYTES));
}

#[test]
fn mtf_media_label_without_its_attribute_does_not_count() {
    let with = known(recognise_tape(&tape(&[&mtf(b"Some", b"", UUID.as_bytes(), true)])));
    let without = known(recognise_tape(&tape(&[&mtf(b"Some", b"", UUID.as_bytes(), false)])));
    assert_eq!(with.id, hex(UUID_BYTES));
    assert_ne!(without.id, with.id);
}

#[test]
fn mtf_texts_keep_the_limits_of_a_record() {
    let claim = known(recognise_tape(&tape(&[&mtf(&[b'k'; 200], &[0xE4; 400], b"", false)])));
    assert_eq!(claim.kind, "k".repeat(63));
    assert_eq!(claim.info, "ä".repeat(255));
    let claim = known(recognise_tape(&tape(&[&mtf(b" \0", b"a\x1B[2J", b"", false)])));
    assert_eq!((claim.kind.as_str(), claim.info.as_str()), ("MTF", "a\u{fffd}[2J"));
}

#[test]
fn mtf_with_a_string_beyond_its_descriptor_is_damaged() {
    let mut block = mtf(b"Some", b"Name", b"", false);
    block[70..72].copy_from_slice(&0xFFF0_u16.to_le_bytes());
    assert_eq!(verdict("MTF", &tape(&[&block])), Err(NotMine::Damaged));
    let mut block = mtf(b"Some", b"Name", b"", false);
    block[8] = 93;
    seal(&mut block);
    assert_eq!(verdict("MTF", &tape(&[&block])), Err(NotMine::Damaged));
}

#[test]
fn ltfs_wins_over_its_own_volume_label() {
    let head = tape_of_files(&[&vol1("AB1234", "LTFS", ""), &ltfs_label(UUID)]);
    check(&head, "LTFS", &hex(UUID_BYTES), "AB1234");
}

#[test]
fn half_an_ltfs_label_is_nothing_else_either() {
    let label = vol1("AB1234", "LTFS", "");
    unknown(&tape(&[&label]));
    unknown(&tape_of_files(&[&label, b"<ltfslabel version=\"2.4.0\">"]));
    unknown(&tape_of_files(&[&label, &ltfs_label("9eaa3460")]));
    unknown(&tape_of_files(&[&label, b"\xFF\xFE"]));
    let twice =
        format!("<ltfslabel><volumeuuid>{UUID}</volumeuuid><volumeuuid>{UUID}</volumeuuid></ltfslabel>");
    unknown(&tape_of_files(&[&label, twice.as_bytes()]));
    let other = format!("<ltfslabels><volumeuuid>{UUID}</volumeuuid></ltfslabel>");
    unknown(&tape_of_files(&[&label, other.as_bytes()]));
}

#[test]
fn volume_labels_in_ascii_give_serial_and_owner() {
    check(&tape(&[&vol1("AB1234", "", "PAYROLL")]), "ANSI", b"AB1234", "PAYROLL");
    let mut padded = vol1("T1", "SOMETHING", "");
    padded.resize(512, 0);
    check(&tape(&[&padded, b"HDR1"]), "ANSI", b"T1    ", "");
}

#[test]
fn volume_labels_in_ebcdic_give_serial_and_owner_too() {
    let mut label = vec![0x40; 80];
    label[..4].copy_from_slice(&hex("e5d6d3f1"));
    label[4..10].copy_from_slice(&hex("c1e2f0f97b5b"));
    label[10] = 0xF0;
    label[41..51].copy_from_slice(&hex("c1838394a24be9f04040"));
    check(&tape(&[&label]), "IBM", b"AS09#$", "Accms.Z0");
    label[4] = 0x00;
    unknown(&tape(&[&label]));
}

#[test]
fn a_volume_label_that_names_no_volume_is_refused() {
    assert_eq!(verdict("ANSI", &tape(&[&vol1("", "", "X")])), Err(NotMine::NoIdentity));
    assert_eq!(verdict("ANSI", &tape(&[&vol1("A\u{1}", "", "X")])), Err(NotMine::Damaged));
    assert_eq!(verdict("ANSI", &tape(&[&vol1("AB1234", "", "X")[..79]])), Err(NotMine::Short));
    unknown(&tape(&[&vol1("", "", "X")]));
}

#[test]
fn tar_of_every_dialect_has_a_digest_of_its_header() {
    let long = format!("in/{}.txt", "a".repeat(120));
    let deep = format!("in/{}/leaf.txt", "b".repeat(90));
    for (name, digest, info) in [
        ("ustar.tar", "76e29d9225480387efb0d49afa089f75", "in/readme.txt"),
        ("gnu.tar", "9413262cfde70513a9a7cd61c4e16b5f", "in/readme.txt"),
        ("v7.tar", "dac92533ca59a97c0e49fe72b416ca79", "in/readme.txt"),
        ("gnuvol.tar", "a51932a8d1b2ec2c9016e17b1ef764b7", "Weekly 7"),
        ("prefix.tar", "2e0d08e0abf4958c3499682bca2fe8f5", deep.as_str()),
        ("gnulong.tar", "79eaf76758afd3f84026543c6a47e4e0", long.as_str()),
        ("paxlong.tar", "2fbbaeb75013912421a34ea58c07e709", long.as_str()),
    ] {
        let mut archive = fixture(name);
        check(&tape(&[&archive]), "tar", &hex(digest), info);
        archive.resize(10_240, 0);
        check(&tape(&[&archive]), "tar", &hex(digest), info);
        let records: Vec<&[u8]> = archive.chunks(512).take(8).collect();
        check(&tape(&records), "tar", &hex(digest), info);
    }
}

#[test]
fn tar_that_ends_before_its_first_member_is_known_by_its_first_header() {
    let archive = fixture("gnulong.tar");
    let digest = hex("be7cc09227437fe1426db4e5e531e8cb");
    for length in [512, 600, 1_024, 1_535] {
        check(&tape(&[&archive[..length]]), "tar", &digest, "././@LongLink");
    }
}

#[test]
fn every_damaged_byte_of_a_tar_header_is_noticed() {
    let whole = fixture("ustar.tar");
    let spare = [154, 155];
    for at in (0..512).filter(|at| !spare.contains(at)) {
        let mut archive = whole.clone();
        archive[at] ^= 0x04;
        unknown(&tape(&[&archive]));
    }
}

#[test]
fn a_member_called_like_a_volume_label_is_still_tar() {
    let mut archive = fixture("v7.tar");
    archive[..13].copy_from_slice(b"VOL1AB1234\0\0\0");
    archive[148..156].fill(b' ');
    let sum: u32 = archive.iter().map(|&byte| u32::from(byte)).sum();
    archive[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert_eq!(known(recognise_tape(&tape(&[&archive]))).kind, "tar");
}

#[test]
fn a_checksum_over_signed_bytes_counts_too() {
    let mut archive = fixture("v7.tar");
    archive[0] = 0xE4;
    archive[148..156].fill(b' ');
    let sum: i32 = archive.iter().map(|&byte| i32::from(byte.cast_signed())).sum();
    archive[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert_eq!(known(recognise_tape(&tape(&[&archive]))).info, "\u{fffd}n/readme.txt");
}

/// A plug-in that claims everything with an id of so many bytes.
struct Greedy {
    name: &'static str,
    id_bytes: usize,
}

impl Recogniser for Greedy {
    fn name(&self) -> &'static str {
        self.name
    }
    fn most_bytes(&self) -> u32 {
        1
    }
    fn claim(&self, _: &TapeHead) -> Result<Claim, NotMine> {
        Ok(Claim { kind: self.name.to_owned(), id: vec![7; self.id_bytes], info: String::new() })
    }
}

#[test]
fn the_first_that_claims_wins_and_a_claim_out_of_limits_is_none() {
    let one = |name, id_bytes| Greedy { name, id_bytes };
    let head = tape(&[b"anything"]);
    let kind = |list: &[&dyn Recogniser]| known(recognise_tape_with(list, &head)).kind;
    assert_eq!(kind(&[&one("first", 255), &one("second", 1)]), "first");
    assert_eq!(kind(&[&one("long", 256), &one("second", 1)]), "second", "decision 23: refused, not cut");
    assert_eq!(kind(&[&one("empty", 0), &one("second", 1)]), "second");
    assert_eq!(recognise_tape_with(&[&one("long", 256)], &head), Finding::Unknown);
    assert_eq!(recognise_tape_with(&[&one("first", 1)], &TapeHead::default()), Finding::Blank);
}

#[test]
fn a_claim_fits_the_record_or_is_refused() {
    let claim = |kind: &str, info: &str| Claim { kind: kind.to_owned(), id: vec![1], info: info.to_owned() };
    let cassette = "\u{1f4fc}";
    assert!(claim(&"k".repeat(63), &"i".repeat(255)).kept_in_limits().is_ok());
    assert!(claim(&cassette.repeat(31), "").kept_in_limits().is_ok());
    for wrong in [
        claim("", ""),
        claim(&"k".repeat(64), ""),
        claim(&cassette.repeat(32), ""),
        claim("k", &"i".repeat(256)),
    ] {
        assert_eq!(wrong.kept_in_limits(), Err(NotMine::Limits));
    }
}
