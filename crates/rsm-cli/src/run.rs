//! From a command to its result.
//!
//! Why apart from `main`: a command is a function from arguments to text or problem, and the tests call it as
//! one. Invariant: a session that was opened is closed, whatever the command came to.

use crate::arguments::{
    Arguments, Command, DriveCommand, General, LibraryCommand, MediaCommand, MediaTypeCommand, ObjectCommand,
    RequestCommand, SessionCommand, SlotCommand,
};
use crate::cleaners::Wait;
use crate::find::{Catalog, id_of};
use crate::output::Format;
use crate::problem::Problem;
use crate::view::device::{DriveRow, LibraryRow, SlotRow};
use crate::view::media::MediumRow;
use crate::view::pool::MediaTypeRow;
use crate::view::work::{HistoryRow, RequestRow};
use crate::watch::Shown;
use crate::{
    allocate, api, blocks, cleaners, enabling, events, hold, inventory, mount, object, operators, pools,
    ports, queue,
};
use clap::CommandFactory;
use rsm_client::{ServerAddress, Session};
use rsm_model::ObjectType;
use rsm_model::generated::constants::mount::{NTMS_DISMOUNT_DEFERRED, NTMS_DISMOUNT_IMMEDIATE};
use rsm_model::record::Hold;
use serde::Serialize;
use std::sync::Arc;

/// Runs a command and gives what it prints on standard output.
pub fn run(arguments: &Arguments) -> Result<String, Problem> {
    let general = &arguments.general;
    let format = if general.json { Format::Json } else { Format::Text };
    let shown = Shown::when(general.progress);
    match &arguments.command {
        Command::Library(command) => in_session(general, |session| library(session, command, format, shown)),
        Command::Drive(command) => in_session(general, |session| drive(session, command, format, shown)),
        Command::Slot(command) => in_session(general, |session| slot(session, command, format)),
        Command::Media(command) => in_session(general, |session| media(session, command, format, shown)),
        Command::MediaType(MediaTypeCommand::List) => {
            in_session(general, |session| media_types(session, format))
        }
        Command::Pool(command) => in_session(general, |session| pools::pool(session, command, format, shown)),
        Command::Object(command) => {
            in_session(general, |session| object_command(session, command, format, shown))
        }
        Command::Request(command) => in_session(general, |session| request(session, command, format)),
        Command::Operator(command) => {
            in_session(general, |session| operators::operator(session, command, format))
        }
        Command::Session(SessionCommand::Status) => in_session(general, |session| status(session, format)),
        Command::Events(arguments) => {
            in_session(general, |session| events::events(session, arguments, format))
        }
        Command::Api(call) => {
            let ready = api::check(call)?;
            in_session(general, |session| api::call(session, ready))
        }
        Command::Completions { shell } => Ok(completions(*shell)),
    }
}

fn in_session(
    general: &General,
    work: impl FnOnce(&Arc<Session>) -> Result<String, Problem>,
) -> Result<String, Problem> {
    let address = general.socket.as_ref().map_or_else(ServerAddress::local, ServerAddress::at_socket);
    let session = Arc::new(Session::open(&address, Some(&general.application), 0)?);
    let result = work(&session);
    // What was done stands whether or not the close arrives; a session that is left behind lapses.
    let _lapses = session.close();
    result
}

fn object_command(
    session: &Session,
    command: &ObjectCommand,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    match command {
        ObjectCommand::Set(arguments) => object::set(session, arguments, format),
        ObjectCommand::Disable(arguments) => enabling::disable(session, arguments, format, shown),
        ObjectCommand::Enable(arguments) => enabling::enable(session, arguments, format, shown),
    }
}

fn library(
    session: &Session,
    command: &LibraryCommand,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    match command {
        LibraryCommand::List => {
            let libraries = catalog.list(None, ObjectType::Library)?;
            let rows: Result<Vec<_>, _> = libraries.iter().map(|one| LibraryRow::of(&catalog, one)).collect();
            Ok(format.list(rows?))
        }
        LibraryCommand::Show { library } => {
            Ok(format.one(&LibraryRow::of(&catalog, &catalog.library(library)?)?))
        }
        LibraryCommand::ReserveCleanerSlot { library, slot } => {
            cleaners::reserve(session, library, slot, format)
        }
        LibraryCommand::ReleaseCleanerSlot { library } => cleaners::release(session, library, format),
        LibraryCommand::Inject(arguments) => ports::inject(session, arguments, format, shown),
        LibraryCommand::InjectCleaner(arguments) => cleaners::inject(session, arguments, format, shown),
        LibraryCommand::EjectCleaner(arguments) => cleaners::eject(session, arguments, format, shown),
        LibraryCommand::Door(arguments) => ports::door(session, arguments, format, shown),
        LibraryCommand::Drain(arguments) => hold::hold(session, Hold::Drain, arguments, format, shown),
        LibraryCommand::Pause(arguments) => hold::hold(session, Hold::Pause, arguments, format, shown),
        LibraryCommand::Resume { library } => hold::resume(session, library, format),
        LibraryCommand::Inventory(arguments) => inventory::inventory(session, arguments, format, shown),
        LibraryCommand::History { library, limit } => {
            let lines = session.history(catalog.container(library.as_deref())?, *limit)?;
            let rows: Result<Vec<_>, _> = lines
                .into_iter()
                .enumerate()
                .map(|(position, line)| HistoryRow::of(&catalog, position, line))
                .collect();
            Ok(format.list(rows?))
        }
    }
}

fn drive(
    session: &Arc<Session>,
    command: &DriveCommand,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    match command {
        DriveCommand::List { library } => {
            let drives = catalog.list(catalog.container(library.as_deref())?, ObjectType::Drive)?;
            let rows: Result<Vec<_>, _> = drives.iter().map(|drive| DriveRow::of(&catalog, drive)).collect();
            Ok(format.list(rows?))
        }
        DriveCommand::Show { drive } => Ok(format.one(&DriveRow::of(&catalog, &catalog.drive(drive)?)?)),
        DriveCommand::Dismount { drive } => queue::dismount_drive(session, drive, format),
        DriveCommand::Clean { drive, no_wait } => {
            cleaners::clean(session, drive, if *no_wait { Wait::No } else { Wait::Yes }, format, shown)
        }
        DriveCommand::Write(arguments) => blocks::write(session, arguments, format),
        DriveCommand::Read(arguments) => blocks::read(session, arguments, format),
    }
}

fn slot(session: &Session, command: &SlotCommand, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let library = match command {
        SlotCommand::List { library } => library,
        SlotCommand::Identify { slot, deferred } => {
            let option = if *deferred { NTMS_DISMOUNT_DEFERRED } else { NTMS_DISMOUNT_IMMEDIATE };
            return ports::identify(session, slot, option, format);
        }
    };
    let container = catalog.container(library.as_deref())?;
    let mut places = catalog.list(container, ObjectType::Slot)?;
    places.extend(catalog.list(container, ObjectType::Port)?);
    let rows: Result<Vec<_>, _> = places.iter().map(|slot| SlotRow::of(&catalog, slot)).collect();
    Ok(format.list(rows?))
}

fn media(
    session: &Arc<Session>,
    command: &MediaCommand,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    match command {
        MediaCommand::List { library, pool } => {
            let container = match pool {
                Some(text) => {
                    let pool = catalog.pool(text)?;
                    Some(id_of(&pool)?)
                }
                None => catalog.container(library.as_deref())?,
            };
            Ok(format.list(MediumRow::list(&catalog, container)?))
        }
        MediaCommand::Show { medium } => {
            Ok(format.one(&MediumRow::whole(&catalog, &catalog.medium(medium)?)?))
        }
        MediaCommand::Allocate(arguments) => allocate::allocate(session, arguments, format, shown),
        MediaCommand::Deallocate { logical_medium } => allocate::deallocate(session, logical_medium, format),
        MediaCommand::Classify(arguments) => allocate::classify(session, arguments, format, shown),
        MediaCommand::Mount(arguments) => mount::mount(session, arguments, format, shown),
        MediaCommand::Eject(arguments) => ports::eject(session, arguments, format, shown),
        MediaCommand::Dismount { medium, deferred } => {
            let options = if *deferred { NTMS_DISMOUNT_DEFERRED } else { NTMS_DISMOUNT_IMMEDIATE };
            mount::dismount(session, medium, options, format)
        }
    }
}

fn media_types(session: &Session, format: Format) -> Result<String, Problem> {
    let types = Catalog::new(session).list(None, ObjectType::MediaType)?;
    let rows: Result<Vec<_>, _> = types.iter().map(MediaTypeRow::of).collect();
    Ok(format.list(rows?))
}

fn request(session: &Arc<Session>, command: &RequestCommand, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    match command {
        RequestCommand::List { library } => {
            let requests =
                catalog.list(catalog.container(library.as_deref())?, ObjectType::LibraryRequest)?;
            let rows: Result<Vec<_>, _> =
                requests.iter().map(|request| RequestRow::of(&catalog, request)).collect();
            Ok(format.list(rows?))
        }
        RequestCommand::Show { request } => {
            Ok(format.one(&RequestRow::of(&catalog, &catalog.request(request)?)?))
        }
        RequestCommand::Watch(arguments) => events::requests(session, arguments, format),
        RequestCommand::Why { request } => {
            let object = catalog.request(request)?;
            let why = session.explain(id_of(&object)?)?;
            let row = queue::why(&catalog, &object, why)?;
            Ok(format.say(&row.text(), &row))
        }
        RequestCommand::Cancel { request } => queue::cancel(session, request, format),
        RequestCommand::Order { request, to } => queue::order(session, request, *to, format),
        RequestCommand::Delete(arguments) => queue::delete(session, arguments, format),
    }
}

/// Who the caller is to the service, and what the service says of itself.
#[derive(Debug, Serialize)]
struct StatusRow {
    socket: String,
    session: String,
    application: String,
    uid: u32,
    service: String,
    service_state: String,
    libraries: usize,
    libraries_ready: usize,
}

fn status(session: &Session, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let computer = catalog.list(None, ObjectType::Computer)?.into_iter().next();
    let libraries = catalog.list(None, ObjectType::Library)?;
    let ready = libraries.iter().filter(|library| library.operational_state == 0).count();
    Ok(format.one(&StatusRow {
        socket: session.address().to_string(),
        session: session.id().to_owned(),
        application: session.application().to_owned(),
        uid: rustix::process::getuid().as_raw(),
        service: computer.as_ref().map(|computer| computer.name.clone()).unwrap_or_default(),
        service_state: computer.map(|computer| computer.operational_word.clone()).unwrap_or_default(),
        libraries: libraries.len(),
        libraries_ready: ready,
    }))
}

fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "rsm", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
