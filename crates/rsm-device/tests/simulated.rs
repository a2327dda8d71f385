//! The conformance suite against the simulated library, in this process and over its socket.

#[path = "common/suite.rs"]
mod suite;

use rsm_device::{Answer, DataPhase, Pause, Reopening, Transport, TransportError};
use rsm_scsi::cdb_socket::{AnswerFrame, Body, Frame};
use rsm_simlib::{Fate, FaultSpec, Geometry, LibraryConfig, Loading, MediaConfig, Outcome, SimLibrary};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex, MutexGuard};

type Shared = Arc<Mutex<SimLibrary>>;

fn locked(library: &Shared) -> MutexGuard<'_, SimLibrary> {
    library.lock().expect("no test panics while it holds the library")
}

/// A unit of the simulated library; what a command costs passes at once.
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
        let late = response.fate != Fate::Completed || response.cost_ms > timeout_ms;
        let now_ms = library.now_ms() + if late { timeout_ms } else { response.cost_ms };
        library.set_now_ms(now_ms);
        if late {
            return Err(TransportError::Timeout { timeout_ms });
        }
        let data_in = response.data_in;
        if let DataPhase::In { allocation } = data {
            assert!(data_in.len() <= allocation as usize, "a target never sends more than was allocated");
        }
        Ok(Answer { status: response.status, sense: response.sense, data_in })
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

fn config() -> LibraryConfig {
    let mut config = LibraryConfig::default();
    config.geometry = Geometry { drives: 3, slots: 700, ports: 4, ..config.geometry };
    config.media = MediaConfig { count: 5, ..config.media };
    config
}

fn shared(config: LibraryConfig) -> Shared {
    Arc::new(Mutex::new(SimLibrary::new(config).expect("the configuration is whole")))
}

fn conform(config: LibraryConfig) {
    let drives = config.geometry.drives;
    let library = shared(config);
    let unit = |lun| Box::new(Unit { library: Arc::clone(&library), lun }) as Box<dyn Transport>;
    let bed = suite::Bed { changer: unit(0), drives: (1..=drives).map(|lun| unit(lun as u8)).collect() };
    suite::conform(bed, || Box::new(LibraryPause(Arc::clone(&library))));
}

#[test]
fn the_simulated_library_conforms() {
    conform(config());
}

#[test]
fn it_conforms_with_drives_that_wait_for_load() {
    let mut config = config();
    config.drive.loading = Loading::ByCommand;
    conform(config);
}

#[test]
fn it_conforms_without_bay_identifiers() {
    let mut config = config();
    config.changer.device_ids = false;
    conform(config);
}

#[test]
fn a_lost_answer_to_a_move_ends_unknown_and_shows_the_ends() {
    let library = shared(config());
    let transport = Unit { library: Arc::clone(&library), lun: 0 };
    let mut changer = rsm_device::Changer::new(transport, Box::new(LibraryPause(Arc::clone(&library))));
    let inventory = changer.read_elements(rsm_device::Look::Remember).expect("elements can be read");
    let full = inventory.elements.iter().find(|element| element.full).expect("there is a medium");
    let empty = inventory
        .elements
        .iter()
        .find(|element| !element.full && element.element_type == rsm_scsi::ElementType::Storage);
    let order = rsm_device::Move {
        transport: inventory.elements[0].address,
        from: full.address,
        to: empty.expect("there is an empty slot").address,
        expected_tag: full.primary_tag.as_ref().map(|tag| tag.identifier().to_owned()),
    };
    locked(&library).inject(FaultSpec::UnknownCompletion { lun: Some(0), outcome: Outcome::Done });
    let failure = changer.move_medium(&order).expect_err("the answer was lost");
    assert!(failure.error.to_string().contains("no answer"), "{}", failure.error);
    assert_eq!((failure.ends[0].full, failure.ends[1].full), (false, true), "the move was made");
    assert_eq!(locked(&library).motions().len(), 1, "and it was made once");
}

/// Serves each connection with the library's answers, as its own process does, without letting time pass.
fn serve(listener: UnixListener, library: Shared) {
    for stream in listener.incoming() {
        let (mut stream, library) = (stream.expect("a connection"), Arc::clone(&library));
        std::thread::spawn(move || {
            while let Ok(Some(Frame { tag, body: Body::Command(command) })) = Frame::read_from(&mut stream) {
                let response = {
                    let mut library = locked(&library);
                    let response = library.execute(command.lun as u8, &command.cdb, &command.data_out);
                    let now_ms = library.now_ms() + response.cost_ms;
                    library.set_now_ms(now_ms);
                    response
                };
                let (status, sense) = (response.status.to_byte(), response.sense);
                let answer = AnswerFrame { status, sense, data_in: response.data_in };
                Frame { tag, body: Body::Answer(answer) }.write_to(&mut stream).expect("the client reads");
            }
        });
    }
}

#[test]
fn it_conforms_over_a_socket() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("library.sock");
    let listener = UnixListener::bind(&path).expect("a socket can be bound");
    let library = shared(config());
    let served = Arc::clone(&library);
    std::thread::spawn(move || serve(listener, served));
    let unit =
        |lun: u16| Box::new(Reopening::new(format!("sim:{}#{lun}", path.display()))) as Box<dyn Transport>;
    let bed = suite::Bed { changer: unit(0), drives: (1..=3).map(unit).collect() };
    suite::conform(bed, || Box::new(LibraryPause(Arc::clone(&library))));
}
