//! The conformance suite: what any changer with drives must do under our verbs, over any transport.
//!
//! Nothing here knows which device it runs on; what devices may do differently (whether an unload makes the drive
//! not ready, whether a bay names its drive) is not asserted.

use rsm_device::{
    Changer, Drive, HeadWanted, Inventory, LoadedTape, Look, Move, Pause, Transport, Turn, VerbError,
};
use rsm_scsi::{DeviceKind, Element, ElementAddress, ElementType, Verdict};

/// A library under test: a changer and its drives, at least two slots' worth of blank media, an empty slot.
pub struct Bed {
    pub changer: Box<dyn Transport>,
    pub drives: Vec<Box<dyn Transport>>,
}

type AnyChanger = Changer<Box<dyn Transport>>;
type AnyDrive = Drive<Box<dyn Transport>>;

/// Runs the whole suite.
pub fn conform(bed: Bed, pause: impl Fn() -> Box<dyn Pause>) {
    let mut changer = Changer::new(bed.changer, pause());
    let mut drives: Vec<AnyDrive> = bed.drives.into_iter().map(|drive| Drive::new(drive, pause())).collect();
    identities(&mut changer, &mut drives);
    let inventory = inventories(&mut changer);
    refusals(&mut changer, &inventory);
    moves_between_slots(&mut changer, &inventory);
    empty_drives(&mut drives);
    tapes(&mut changer, &mut drives, &inventory);
}

fn identities(changer: &mut AnyChanger, drives: &mut [AnyDrive]) {
    let identity = changer.identify().expect("a changer says who it is");
    assert_eq!(identity.identity.kind, DeviceKind::MediaChanger);
    assert!(!identity.identity.vendor.is_empty() && !identity.identity.product.is_empty());
    assert_eq!(usize::from(identity.elements.drives.count), drives.len());
    let mut serials: Vec<String> = vec![identity.identity.serial];
    for drive in drives {
        let found = drive.identify().expect("a drive says who it is");
        assert_eq!(found.holds_medium, Some(false));
        let identity = found.identity;
        assert_eq!(identity.kind, DeviceKind::SequentialAccess);
        assert!(!serials.contains(&identity.serial), "serial {} twice", identity.serial);
        serials.push(identity.serial);
    }
}

fn inventories(changer: &mut AnyChanger) -> Inventory {
    let remembered = changer.read_elements(Look::Remember).expect("elements can be read");
    let looked = changer.read_elements(Look::Initialize).expect("elements can be looked at");
    assert_eq!(remembered.elements, looked.elements);
    assert!(looked.missing.is_empty(), "missing: {:?}", looked.missing);
    let addresses = changer.element_addresses().expect("the address page was read");
    for kind in ElementType::ALL {
        let range = addresses.range(kind);
        let found: Vec<u16> = of(&looked, kind).map(|element| element.address.0).collect();
        let wanted: Vec<u16> = (range.first.0..range.first.0 + range.count).collect();
        assert_eq!(found, wanted, "{kind:?}");
    }
    looked
}

fn refusals(changer: &mut AnyChanger, inventory: &Inventory) {
    let (full, other, empty) = three_slots(inventory);
    let tag = tag(full);
    let mut refused = |from: u16, to: u16, expected_tag: Option<String>| {
        let order = order(inventory, ElementAddress(from), ElementAddress(to), expected_tag);
        changer.move_medium(&order).expect_err("refused").error
    };
    let (full, other, empty) = (full.address.0, other.address.0, empty.address.0);
    assert!(
        matches!(refused(empty, full, tag.clone()), VerbError::SourceEmpty { address } if address == empty)
    );
    assert!(matches!(refused(full, other, tag.clone()), VerbError::DestinationFull { .. }));
    assert!(matches!(refused(full, empty, Some("NO SUCH".into())), VerbError::WrongMedium { .. }));
    assert!(matches!(refused(full, 65_000, tag), VerbError::NoSuchElement { address: 65_000 }));
    let after = changer.read_elements(Look::Remember).expect("elements can be read");
    assert_eq!(after.elements, inventory.elements, "a refusal moves nothing");
}

fn moves_between_slots(changer: &mut AnyChanger, inventory: &Inventory) {
    let (full, _, empty) = three_slots(inventory);
    let there = order(inventory, full.address, empty.address, tag(full));
    let ends = changer.move_medium(&there).expect("a medium moves between slots");
    assert_eq!((ends[0].full, ends[1].full, tag(&ends[1])), (false, true, tag(full)));
    let back = Move { from: there.to, to: there.from, ..there };
    changer.move_medium(&back).expect("and back");
}

fn empty_drives(drives: &mut [AnyDrive]) {
    for drive in drives {
        let Err(VerbError::Sense { judgement, .. }) = drive.load(HEAD) else {
            panic!("an empty drive loads nothing")
        };
        assert_eq!(judgement.verdict, Verdict::NoMedium);
    }
}

/// Takes a blank tape through both drives: what is written in one is read in the other.
fn tapes(changer: &mut AnyChanger, drives: &mut [AnyDrive], inventory: &Inventory) {
    let (slot, _, _) = three_slots(inventory);
    let label: Vec<u8> = (0..80).collect();
    let blocks = [label.clone(), vec![0xA5; 1000], vec![0x5A; 100_000], vec![1]];
    let bays: Vec<ElementAddress> = of(inventory, ElementType::DataTransfer).map(|bay| bay.address).collect();
    for (round, bay) in bays.into_iter().enumerate() {
        let mount = order(inventory, slot.address, bay, tag(slot));
        changer.move_medium(&mount).expect("a medium moves into a drive");
        let (drive, loaded) = loaded(drives);
        if round == 0 {
            assert_eq!(loaded.head, NOTHING, "a new medium is blank");
            assert!(!loaded.write_protected);
            drive.write_blocks(&blocks).expect("blocks can be written");
        } else {
            assert_eq!(loaded.head, [cut(&blocks), vec![]], "the label is read in any drive");
        }
        assert_eq!(drive.read_blocks(9).expect("blocks can be read"), blocks, "up to the filemark");
        assert_eq!(drive.read_blocks(2).expect("blocks can be read"), blocks[..2], "up to the count");
        assert_eq!(drive.load(HEAD).expect("loading again does no harm").head[0], cut(&blocks));
        assert_eq!(drive.identify().expect("it says who it is").holds_medium, Some(true));
        drive.unload().expect("a medium can be unloaded");
        let dismount = Move { from: mount.to, to: mount.from, ..mount };
        changer.move_medium(&dismount).expect("a medium moves out of a drive");
    }
    heads_of_tapes(changer, drives, inventory);
}

/// What is asked of the beginning of a tape.
const HEAD: HeadWanted = HeadWanted { files: 2, blocks: 8, longest: 65_536 };
const EMPTY_FILE: Vec<Vec<u8>> = Vec::new();
const NOTHING: [Vec<Vec<u8>>; 0] = [];

/// Blocks as a head has them.
fn cut(blocks: &[Vec<u8>]) -> Vec<Vec<u8>> {
    blocks.iter().map(|block| block[..block.len().min(HEAD.longest as usize)].to_vec()).collect()
}

/// What stands at the beginning is read as far as it is wanted: files, blocks, and bytes of a block.
fn heads_of_tapes(changer: &mut AnyChanger, drives: &mut [AnyDrive], inventory: &Inventory) {
    let (_, slot, _) = three_slots(inventory);
    let bay = of(inventory, ElementType::DataTransfer).next().expect("there is a drive").address;
    let mount = order(inventory, slot.address, bay, tag(slot));
    changer.move_medium(&mount).expect("a medium moves into a drive");
    let (drive, _) = loaded(drives);
    let long = vec![7; 200_000];
    drive.write_blocks(&[&long]).expect("a long block can be written");
    assert_eq!(drive.read_blocks(1).expect("it can be read")[0], long, "a block comes whole");
    assert_eq!(drive.load(HEAD).expect("it loads again").head, [vec![long[..65_536].to_vec()], vec![]]);
    drive.write_blocks::<&[u8]>(&[]).expect("a filemark alone can be written");
    let marked = drive.read_head(HEAD).expect("it can be read").head;
    assert_eq!(marked, [EMPTY_FILE; 2], "a filemark is not blank");
    let many: Vec<Vec<u8>> = (0..12).map(|number| vec![number; 300]).collect();
    drive.write_blocks(&many).expect("blocks can be written");
    assert_eq!(
        drive.read_head(HEAD).expect("it can be read").head,
        [many[..8].to_vec()],
        "the first file goes on"
    );
    let small = HeadWanted { files: 1, blocks: 3, longest: 100 };
    let expected: Vec<Vec<u8>> = (0..3).map(|number| vec![number; 100]).collect();
    assert_eq!(drive.read_head(small).expect("it can be read").head, [expected]);
    assert_eq!(drive.read_blocks(1).expect("it can be read"), many[..1], "the tape stands at its beginning");
    drive.unload().expect("a medium can be unloaded");
    let dismount = Move { from: mount.to, to: mount.from, ..mount };
    changer.move_medium(&dismount).expect("a medium moves out of a drive");
}

/// The drive that has the medium, found as a manager finds it where bays name no drives.
fn loaded(drives: &mut [AnyDrive]) -> (&mut AnyDrive, LoadedTape) {
    let mut found = None;
    for drive in drives {
        match drive.load(HEAD) {
            Ok(medium) => {
                assert!(found.is_none(), "two drives have loaded one medium");
                found = Some((drive, medium));
            }
            Err(VerbError::Sense { judgement, .. }) if judgement.verdict == Verdict::NoMedium => {}
            Err(error) => panic!("{error}"),
        }
    }
    found.expect("one drive has the medium")
}

fn of(inventory: &Inventory, kind: ElementType) -> impl Iterator<Item = &Element> {
    inventory.elements.iter().filter(move |element| element.element_type == kind)
}

fn tag(element: &Element) -> Option<String> {
    element.primary_tag.as_ref().map(|tag| tag.identifier().to_owned())
}

/// Two full slots and an empty one.
fn three_slots(inventory: &Inventory) -> (&Element, &Element, &Element) {
    let mut full = of(inventory, ElementType::Storage).filter(|slot| slot.full);
    let empty = of(inventory, ElementType::Storage).find(|slot| !slot.full);
    match (full.next(), full.next(), empty) {
        (Some(one), Some(two), Some(empty)) => (one, two, empty),
        _ => panic!("the bed needs two full slots and an empty one"),
    }
}

fn order(
    inventory: &Inventory,
    from: ElementAddress,
    to: ElementAddress,
    expected_tag: Option<String>,
) -> Move {
    let transport = of(inventory, ElementType::MediumTransport).next().expect("there is a robot").address;
    Move { transport, from, to, expected_tag, turn: Turn::Keep }
}
