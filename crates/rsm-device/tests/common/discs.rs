//! The conformance suite for jukeboxes: what a changer with disc drives must do under our verbs.
//!
//! The bed has two drives, two-sided discs in its first two slots, blank ones that can be rewritten, and an empty slot.

use rsm_device::{Changer, Drive, Inventory, Look, Move, Pause, Transport, Turn, VerbError};
use rsm_scsi::{DeviceKind, Element, ElementAddress, ElementType, Verdict};

/// A jukebox under test.
pub struct Bed {
    pub kind: DeviceKind,
    pub changer: Box<dyn Transport>,
    pub drives: Vec<Box<dyn Transport>>,
}

type AnyDrive = Drive<Box<dyn Transport>>;

/// How much of a side is read: four transfers and a part of a block.
const HEAD_BYTES: u32 = 4 * 64 * 1024 + 1;

struct Jukebox {
    kind: DeviceKind,
    changer: Changer<Box<dyn Transport>>,
    inventory: Inventory,
}

/// Runs the whole suite.
pub fn conform(bed: Bed, pause: impl Fn() -> Box<dyn Pause>) {
    let mut changer = Changer::new(bed.changer, pause());
    let mut drives: Vec<AnyDrive> = bed.drives.into_iter().map(|drive| Drive::new(drive, pause())).collect();
    for drive in &mut drives {
        let found = drive.identify().expect("a drive says who it is");
        assert_eq!((found.identity.kind, found.holds_medium), (bed.kind, Some(false)));
        let Err(VerbError::Sense { judgement, .. }) = drive.disc(bed.kind).load(HEAD_BYTES) else {
            panic!("an empty drive loads nothing")
        };
        assert_eq!(judgement.verdict, Verdict::NoMedium);
    }
    let inventory = changer.read_elements(Look::Initialize).expect("elements can be read");
    assert!(inventory.elements.iter().all(|element| !element.inverted));
    let mut jukebox = Jukebox { kind: bed.kind, changer, inventory };
    both_sides(&mut jukebox, &mut drives);
    blocks(&mut jukebox, &mut drives[0]);
}

impl Jukebox {
    fn slot(&self, index: usize) -> &Element {
        let slots = self.inventory.elements.iter().filter(|e| e.element_type == ElementType::Storage);
        slots.filter(|slot| slot.full).nth(index).expect("the bed has two discs")
    }

    fn bay(&self, index: usize) -> ElementAddress {
        let mut bays = self.inventory.elements.iter().filter(|e| e.element_type == ElementType::DataTransfer);
        bays.nth(index).expect("the bed has two drives").address
    }

    /// Moves the disc of a slot and gives both ends as seen afterwards.
    fn carry(&mut self, slot: usize, from: ElementAddress, to: ElementAddress, turn: Turn) -> Vec<Element> {
        let expected_tag = self.slot(slot).primary_tag.as_ref().map(|tag| tag.identifier().to_owned());
        let transport = self.inventory.elements[0].address;
        self.changer.move_medium(&Move { transport, from, to, expected_tag, turn }).expect("a disc moves")
    }
}

/// Takes a disc through both drives: what is written on one side is there, and only there, in any drive.
fn both_sides(jukebox: &mut Jukebox, drives: &mut [AnyDrive]) {
    let (kind, home) = (jukebox.kind, jukebox.slot(0).address);
    let (first, second) = (jukebox.bay(0), jukebox.bay(1));
    let ends = jukebox.carry(0, home, first, Turn::Keep);
    assert_eq!((ends[1].inverted, ends[1].source), (false, Some(home)));
    let mut drive = drives[0].disc(kind);
    let disc = drive.load(HEAD_BYTES).expect("a disc loads");
    assert_eq!(disc.head, vec![0; HEAD_BYTES as usize], "a new side is blank");
    assert!(!disc.write_protected);
    let capacity = disc.capacity_bytes.expect("a drive tells the capacity");
    assert!(capacity > u64::from(HEAD_BYTES) && capacity.is_multiple_of(2048), "{capacity}");
    let label: Vec<u8> = (0..150_000_u32).map(|byte| byte as u8).collect();
    drive.write_head(&label).expect("a label can be written");
    let expected = |label: &[u8]| {
        let mut head = label.to_vec();
        head.resize(HEAD_BYTES as usize, 0);
        head
    };
    assert_eq!(drive.read_head(HEAD_BYTES).expect("it can be read").head, expected(&label));
    assert_eq!(drives[0].identify().expect("it says who it is").holds_medium, Some(true));
    drives[0].disc(kind).unload().expect("a disc can be given out");

    let ends = jukebox.carry(0, first, second, Turn::Over);
    assert!(ends[1].inverted, "the changer tells that it turned the disc");
    let mut drive = drives[1].disc(kind);
    assert_eq!(
        drive.load(HEAD_BYTES).expect("it loads").head,
        expected(b""),
        "the other side is still blank"
    );
    drive.write_head(b"side B").expect("a label can be written");
    drive.unload().expect("a disc can be given out");

    let ends = jukebox.carry(0, second, home, Turn::Over);
    assert!(!ends[1].inverted, "turned twice is not turned");
    jukebox.carry(0, home, first, Turn::Keep);
    let mut drive = drives[0].disc(kind);
    assert_eq!(drive.load(HEAD_BYTES).expect("it loads").head, expected(&label), "side A is as it was");
    drive.unload().expect("a disc can be given out");
    jukebox.carry(0, first, home, Turn::Over);
    jukebox.carry(0, home, first, Turn::Keep);
    let mut drive = drives[0].disc(kind);
    assert_eq!(drive.load(HEAD_BYTES).expect("it loads").head, expected(b"side B"));
    drive.unload().expect("a disc can be given out");
    jukebox.carry(0, first, home, Turn::Over);
}

fn blocks(jukebox: &mut Jukebox, drive: &mut AnyDrive) {
    let (kind, home, bay) = (jukebox.kind, jukebox.slot(1).address, jukebox.bay(0));
    jukebox.carry(1, home, bay, Turn::Keep);
    let mut drive = drive.disc(kind);
    let capacity = drive.load(1).expect("a disc loads").capacity_bytes.expect("a drive tells the capacity");
    let blocks: Vec<Vec<u8>> = (0..70).map(|number| vec![number; 2048]).collect();
    drive.write_blocks(&blocks).expect("blocks can be written");
    assert_eq!(drive.read_blocks(70).expect("they can be read"), blocks);
    assert_eq!(drive.read_blocks(2).expect("they can be read"), blocks[..2], "up to the count");
    let all = drive.read_blocks(u32::MAX).expect("the whole side can be read");
    assert_eq!(all.len() as u64 * 2048, capacity, "up to the end");
    drive.write_blocks::<&[u8]>(&[]).expect("nothing can be written");
    for bad in [&[1; 2047][..], &[1; 2049], &[]] {
        let refused = drive.write_blocks(&[&blocks[1], bad]);
        assert!(matches!(refused, Err(VerbError::SectorLength { sector_bytes: 2048, .. })), "{refused:?}");
    }
    let long = vec![1; usize::try_from(capacity).expect("small") + 1];
    let refused = drive.write_head(&long);
    assert!(matches!(refused, Err(VerbError::SideTooSmall { missing_bytes: 2048 })), "{refused:?}");
    assert_eq!(drive.read_blocks(1).expect("it can be read"), blocks[..1], "a refusal writes nothing");
    drive.unload().expect("a disc can be given out");
    jukebox.carry(1, bay, home, Turn::Keep);
}
