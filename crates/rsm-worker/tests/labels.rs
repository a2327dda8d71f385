//! Labels through the steps, on simulated libraries: what is recognised, what may be replaced, and what is then on
//! the medium, byte by byte.

use rsm_device::{Answer, DataPhase, Pause, Transport, TransportError};
use rsm_label::{free_disc_label, free_tape_label};
use rsm_model::ids::{Guid, StepId};
use rsm_model::label::{Label, MediumLabel};
use rsm_simlib::{
    CartridgeId, Fate, FaultSpec, HandAction, LibraryConfig, Notice, Outcome as Fault, Record, Side,
    SimLibrary,
};
use rsm_step::{
    Block, DeviceKey, DeviceKind, Epoch, Failure, LoadedMedium, Outcome, Step, StepOrder, StepReport, Turn,
};
use rsm_worker::Executor;
use std::sync::{Arc, Mutex, MutexGuard};

type Shared = Arc<Mutex<SimLibrary>>;

fn locked(library: &Shared) -> MutexGuard<'_, SimLibrary> {
    library.lock().expect("no test panics while it holds the library")
}

/// A unit of the library; what a command costs passes at once.
struct Unit {
    library: Shared,
    lun: u8,
}

impl Transport for Unit {
    fn execute(
        &mut self,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Answer, TransportError> {
        let mut library = locked(&self.library);
        let out = if let DataPhase::Out(bytes) = data { bytes } else { &[] };
        let response = library.execute(self.lun, cdb, out);
        let now_ms = library.now_ms() + response.cost_ms;
        library.set_now_ms(now_ms);
        if response.fate != Fate::Completed {
            return Err(TransportError::Timeout { timeout_ms });
        }
        Ok(Answer { status: response.status, sense: response.sense, data_in: response.data_in })
    }
}

struct LibraryPause(Shared);

impl Pause for LibraryPause {
    fn now_ms(&self) -> u64 {
        locked(&self.0).now_ms()
    }

    fn pause(&mut self, duration_ms: u64) {
        let now_ms = self.now_ms() + duration_ms;
        locked(&self.0).set_now_ms(now_ms);
    }
}

/// A library with a worker for each of its units.
struct Bed {
    library: Shared,
    workers: Vec<Executor>,
}

const FIRST: CartridgeId = CartridgeId(1);
const ID: Guid = Guid([0x5A; 16]);

impl Bed {
    fn new(text: &str) -> Self {
        let config = LibraryConfig::from_toml(text).expect("the test's configuration is right");
        let changers = u8::from(!config.geometry.stand_alone);
        let library = SimLibrary::new(config).expect("the test's configuration is right");
        let units = u8::try_from(library.units()).expect("few units");
        let library = Arc::new(Mutex::new(library));
        let worker = |lun| {
            let transport = Box::new(Unit { library: Arc::clone(&library), lun });
            let kind = if lun < changers { DeviceKind::Changer } else { DeviceKind::Drive };
            Executor::new(kind, transport, Box::new(LibraryPause(Arc::clone(&library))))
        };
        let workers = (0..units).map(worker).collect();
        Self { library, workers }
    }

    fn report(&mut self, unit: usize, step: Step) -> StepReport {
        let (id, device) = (StepId(Guid([9; 16])), DeviceKey("lab/device".into()));
        self.workers[unit].carry_out(&StepOrder { id, device, epoch: Epoch(1), limit_ms: 3_600_000, step })
    }

    fn order(&mut self, unit: usize, step: Step) -> Outcome {
        self.report(unit, step).outcome
    }

    fn load(&mut self, unit: usize) -> LoadedMedium {
        match self.order(unit, Step::Load) {
            Outcome::Loaded(medium) => medium,
            other => panic!("{other:?}"),
        }
    }

    /// Moves a medium and gives whether its new place reports it as inverted.
    fn carry(&mut self, tag: &str, from: u16, to: u16, turn: Turn) -> bool {
        let step = Step::Move { transport: 1, from, to, expected_tag: Some(tag.into()), turn };
        match self.order(0, step) {
            Outcome::Moved { ends } => ends[1].inverted,
            other => panic!("{other:?}"),
        }
    }

    fn write_label(&mut self, unit: usize, over: &[MediumLabel]) -> Outcome {
        self.order(unit, Step::WriteLabel { id: ID, over: over.to_vec() })
    }

    fn tape(&self) -> Vec<Record> {
        locked(&self.library).tape(FIRST).expect("it is a tape").records().to_vec()
    }

    /// The first bytes of a side, as many as a free label has and a sector more.
    fn side(&self, side: Side) -> Vec<u8> {
        locked(&self.library).disc_side(FIRST, side).expect("it has the side").image(66 * 1024)
    }
}

fn known(kind: &str, id: &[u8]) -> MediumLabel {
    MediumLabel::Known(Label { kind: kind.into(), id: id.to_vec(), info: String::new() })
}

/// A label without its description, which tells nothing apart.
fn bare(label: &MediumLabel) -> MediumLabel {
    match label {
        MediumLabel::Known(label) => known(&label.kind, &label.id),
        other => other.clone(),
    }
}

fn failure(outcome: &Outcome) -> Failure {
    match outcome {
        Outcome::Failed { failure, .. } => *failure,
        other => panic!("{other:?}"),
    }
}

fn free_tape() -> Vec<Record> {
    free_tape_label(ID.0).into_iter().map(Record::Block).chain([Record::Filemark]).collect()
}

fn free_side() -> Vec<u8> {
    let mut side = free_disc_label(ID.0);
    side.resize(66 * 1024, 0);
    side
}

const TAPES: &str = "[media]\ncount = 2\n";
const V1: &str = "V00001L6";

/// A tape in drive 256 with these blocks written through the step, and loaded.
fn written_tape(blocks: &[&[u8]]) -> Bed {
    let mut bed = Bed::new(TAPES);
    bed.carry(V1, 1000, 256, Turn::Keep);
    bed.load(1);
    let blocks = blocks.iter().map(|block| Block(block.to_vec())).collect();
    assert_eq!(bed.order(1, Step::WriteBlocks { blocks }), Outcome::Written);
    bed
}

fn ansi_label() -> Vec<u8> {
    let mut label = b"VOL1ABC123".to_vec();
    label.resize(79, b' ');
    label.push(b'3');
    label
}

#[test]
fn a_blank_tape_is_labelled_and_read_back_in_any_drive() {
    let mut bed = Bed::new(TAPES);
    bed.carry(V1, 1000, 256, Turn::Keep);
    let blank = bed.load(1);
    assert_eq!((&blank.label, blank.write_protected, blank.density_code), (&MediumLabel::Blank, false, 0x5A));
    let Outcome::Labelled(labelled) = bed.write_label(1, &[MediumLabel::Blank]) else { panic!("labelled") };
    assert_eq!(bare(&labelled.label), known(Label::FREE_TAPE_KIND, &ID.0));
    assert_eq!(bed.tape(), free_tape());
    assert_eq!(bed.order(1, Step::ReadLabel), Outcome::Labelled(labelled.clone()));
    assert_eq!(bed.order(1, Step::Unload), Outcome::Unloaded { alerts: None });
    bed.carry(V1, 256, 257, Turn::Keep);
    assert_eq!(bed.load(2), labelled);
}

#[test]
fn a_label_that_the_order_does_not_name_is_left_as_it_is() {
    let ansi = ansi_label();
    let mut bed = written_tape(&[&ansi, b"data"]);
    let before = bed.tape();
    let Outcome::Labelled(found) = bed.order(1, Step::ReadLabel) else { panic!("a label") };
    let MediumLabel::Known(label) = found.label.clone() else { panic!("recognised: {found:?}") };
    let other_id = known(&label.kind, b"other");
    for over in [vec![], vec![MediumLabel::Blank, MediumLabel::default()], vec![other_id.clone()]] {
        assert_eq!(bed.write_label(1, &over), Outcome::LabelKept(found.clone()), "{over:?}");
        assert_eq!(bed.tape(), before, "{over:?}");
    }
    // What names the same label allows it, whatever its description says.
    let over = [other_id, known(&label.kind, &label.id)];
    assert!(matches!(bed.write_label(1, &over), Outcome::Labelled(_)));
    assert_eq!(bed.tape(), free_tape());

    let mut bed = written_tape(&[b"nobody's format"]);
    let before = bed.tape();
    let kept = bed.write_label(1, &[MediumLabel::Blank]);
    let Outcome::LabelKept(found) = &kept else { panic!("kept: {kept:?}") };
    assert!(matches!(&found.label, MediumLabel::Unknown { mark } if mark.len() == 16), "{found:?}");
    assert_eq!(bed.tape(), before);
    // Something else that nobody claims is not what was meant.
    let other = MediumLabel::Unknown { mark: vec![0; 16] };
    assert_eq!(bed.write_label(1, &[other]), kept);
    assert_eq!(bed.tape(), before);
    assert!(matches!(bed.write_label(1, std::slice::from_ref(&found.label)), Outcome::Labelled(_)));

    // A file mark alone is not blank.
    let mut bed = written_tape(&[]);
    assert!(matches!(bed.write_label(1, &[MediumLabel::Blank]), Outcome::LabelKept(_)));
    assert_eq!(bed.tape(), [Record::Filemark]);
}

#[test]
fn a_protected_tape_is_not_written() {
    let text = "[[cartridge]]\nelement = 1000\nbar_code = 'V00001L6'\nwrite_protected = true\n\
        [[cartridge]]\nelement = 1001\nbar_code = 'V00002L4'\n[drive]\ngeneration = 6\n";
    let mut bed = Bed::new(text);
    bed.carry(V1, 1000, 256, Turn::Keep);
    assert!(bed.load(1).write_protected);
    let refused = bed.write_label(1, &[MediumLabel::Blank]);
    assert_eq!(failure(&refused), Failure::WriteProtected, "{refused:?}");
    assert_eq!(bed.tape(), []);
    // A drive two generations on can only read it.
    bed.carry("V00002L4", 1001, 257, Turn::Keep);
    let old = bed.load(2);
    assert_eq!((old.write_protected, old.density_code), (true, 0x46));
    assert_eq!(failure(&bed.write_label(2, &[MediumLabel::Blank])), Failure::WriteProtected);
}

#[test]
fn a_tape_of_a_generation_that_the_drive_cannot_read_is_incompatible() {
    let mut bed = Bed::new("[media]\ncount = 1\n[drive]\ngeneration = 9\n");
    bed.carry(V1, 1000, 256, Turn::Keep);
    assert_eq!(failure(&bed.order(1, Step::Load)), Failure::Incompatible);
}

#[test]
fn a_medium_that_may_be_another_is_not_labelled_before_it_is_loaded() {
    for (text, tag) in [(TAPES.to_owned(), V1), (jukebox("disk", ""), "D1")] {
        let mut bed = Bed::new(&text);
        bed.carry(tag, 1000, 256, Turn::Keep);
        bed.load(1);
        locked(&bed.library).inject(FaultSpec::UnitAttention { lun: Some(1), asc: 0x28, ascq: 0 });
        let refused = bed.write_label(1, &[MediumLabel::Blank]);
        assert_eq!(failure(&refused), Failure::WrongMedium, "{refused:?}");
        assert_eq!(locked(&bed.library).overview().cartridges[0].records, 0);
        bed.load(1);
        assert!(matches!(bed.write_label(1, &[MediumLabel::Blank]), Outcome::Labelled(_)));
    }
}

#[test]
fn what_failed_before_the_write_has_changed_nothing_and_a_lost_write_may_have() {
    let mut bed = Bed::new(TAPES);
    bed.carry(V1, 1000, 256, Turn::Keep);
    bed.load(1);
    // The first command to which it applies is the rewind before the label is read.
    locked(&bed.library).inject(FaultSpec::UnknownCompletion { lun: Some(1), outcome: Fault::NotDone });
    assert_eq!(failure(&bed.write_label(1, &[MediumLabel::Blank])), Failure::DeviceGone);
    assert_eq!(bed.tape(), []);

    for outcome in [Fault::Done, Fault::NotDone] {
        let mut bed = Bed::new(&jukebox("disk", ""));
        bed.carry("D1", 1000, 256, Turn::Keep);
        bed.load(1);
        // Reading a disc moves nothing, so the write meets it.
        locked(&bed.library).inject(FaultSpec::UnknownCompletion { lun: Some(1), outcome });
        assert_eq!(failure(&bed.write_label(1, &[MediumLabel::Blank])), Failure::CompletionUnknown);
    }
}

fn jukebox(kind: &str, more: &str) -> String {
    format!(
        "[geometry]\nslots = 4\n[media]\ncount = 2\npattern = 'D%d'\nsides = 2\nsectors = 2000\n{more}\n[drive]\nkind = '{kind}'\n"
    )
}

const KINDS: [&str; 3] = ["disk", "cd-dvd", "optical-memory"];

#[test]
fn both_sides_of_a_disc_are_labelled_by_themselves() {
    for kind in KINDS {
        let mut bed = Bed::new(&jukebox(kind, ""));
        assert!(!bed.carry("D1", 1000, 256, Turn::Keep));
        let blank = bed.load(1);
        assert_eq!((&blank.label, blank.capacity), (&MediumLabel::Blank, Some(2000 * 2048)), "{kind}");
        let Outcome::Labelled(labelled) = bed.write_label(1, &[MediumLabel::Blank]) else {
            panic!("{kind}: labelled")
        };
        assert_eq!(bare(&labelled.label), known(Label::FREE_DISC_KIND, &ID.0));
        assert_eq!((bed.side(Side::A), bed.side(Side::B)), (free_side(), vec![0; 66 * 1024]));
        assert_eq!(bed.order(1, Step::Unload), Outcome::Unloaded { alerts: None });

        assert!(bed.carry("D1", 256, 257, Turn::Over), "the changer tells that it was turned");
        assert_eq!(bed.load(2).label, MediumLabel::Blank);
        let blocks = vec![Block([b"the owner's side".to_vec(), vec![0; 2032]].concat())];
        assert_eq!(bed.order(2, Step::WriteBlocks { blocks: blocks.clone() }), Outcome::Written);
        assert_eq!(bed.order(2, Step::ReadBlocks { count: 1 }), Outcome::Blocks { blocks });
        let (a, b) = (bed.side(Side::A), bed.side(Side::B));
        assert_eq!(a, free_side());
        assert!(b.starts_with(b"the owner's side"));
        let kept = bed.write_label(2, &[MediumLabel::Blank, labelled.label.clone()]);
        assert!(
            matches!(&kept, Outcome::LabelKept(medium) if matches!(medium.label, MediumLabel::Unknown { .. }))
        );
        assert_eq!((bed.side(Side::A), bed.side(Side::B)), (a, b), "{kind}: neither side is touched");
        assert_eq!(bed.order(2, Step::Unload), Outcome::Unloaded { alerts: None });

        assert!(!bed.carry("D1", 257, 256, Turn::Over));
        assert_eq!(bed.load(1), labelled);
    }
}

#[test]
fn discs_that_are_protected_pressed_or_written_once_are_left_as_they_are() {
    for kind in KINDS {
        for (more, protected) in [
            ("writing = 'read-only'", true),
            ("writing = 'write-once'", false),
            ("[[cartridge]]\nelement = 1003\nbar_code = 'D3'\nwrite_protected = true", true),
        ] {
            let mut bed = Bed::new(&jukebox(kind, more));
            let (tag, slot, id) =
                if more.starts_with('[') { ("D3", 1003, CartridgeId(3)) } else { ("D1", 1000, FIRST) };
            assert!(locked(&bed.library).press(id, Side::A, b"what stood there"));
            bed.carry(tag, slot, 256, Turn::Keep);
            let found = bed.load(1);
            // Only the mode header of CD and DVD drives cannot tell of a tab.
            let told = protected && !(kind == "cd-dvd" && tag == "D3");
            assert!(matches!(found.label, MediumLabel::Unknown { .. }), "{kind} {more}: {found:?}");
            assert_eq!(found.write_protected, told, "{kind} {more}");
            let refused = bed.write_label(1, std::slice::from_ref(&found.label));
            assert_eq!(failure(&refused), Failure::WriteProtected, "{kind} {more}: {refused:?}");
            let side = locked(&bed.library).disc_side(id, Side::A).expect("it has").image(66 * 1024);
            assert!(side.starts_with(b"what stood there") && side[16..].iter().all(|byte| *byte == 0));
        }
    }
}

#[test]
fn a_side_that_is_too_small_for_a_label_is_not_written() {
    let mut bed = Bed::new(&jukebox("disk", "").replace("sectors = 2000", "sectors = 31"));
    bed.carry("D1", 1000, 256, Turn::Keep);
    let found = bed.load(1);
    assert_eq!(found.capacity, Some(31 * 2048));
    let refused = bed.write_label(1, std::slice::from_ref(&found.label));
    assert_eq!(failure(&refused), Failure::MediumError, "{refused:?}");
    assert_eq!(bed.side(Side::A), vec![0; 66 * 1024]);
}

#[test]
fn a_drive_by_itself_tells_whether_it_holds_a_medium() {
    for (kind, free) in [("tape", Label::FREE_TAPE_KIND), ("optical-memory", Label::FREE_DISC_KIND)] {
        let text = format!(
            "[geometry]\nstand_alone = true\ndrives = 1\nslots = 0\nports = 0\n[[cartridge]]\nname = 'atlas'\n[drive]\nkind = '{kind}'\n"
        );
        let mut bed = Bed::new(&text);
        let holds = |bed: &mut Bed| match bed.order(0, Step::Probe) {
            Outcome::Probed(identity) => (identity.holds_medium, identity.serial),
            other => panic!("{other:?}"),
        };
        assert_eq!(holds(&mut bed), (Some(false), "SIMDRV0001".into()));
        let put = HandAction::Put { name: "atlas".into(), to: None, side: Side::A };
        locked(&bed.library).hand(&put, Notice::Attention).expect("the drive is empty");
        assert_eq!(holds(&mut bed).0, Some(true));
        assert_eq!(bed.load(0).label, MediumLabel::Blank);
        let Outcome::Labelled(labelled) = bed.write_label(0, &[MediumLabel::Blank]) else {
            panic!("labelled")
        };
        assert_eq!(bare(&labelled.label), known(free, &ID.0));
        assert_eq!(bed.order(0, Step::Unload), Outcome::Unloaded { alerts: None });
        locked(&bed.library)
            .hand(&HandAction::Take { from: None }, Notice::Attention)
            .expect("it was given out");
        assert_eq!(holds(&mut bed).0, Some(false));
        assert_eq!(failure(&bed.order(0, Step::Load)), Failure::NoMedium);
    }
}
