//! From what people type to objects: by id, bar code, display name, drive number or path of a pool.
//!
//! What: a [`Catalog`] over one session, which asks the service for each object once. Why names are resolved here
//! and not by the service: names need not be unique (M-53), and whoever types one must be told so (C-5) instead
//! of getting the first that fits. Invariant: a name that several objects have is never guessed.

use crate::problem::Problem;
use crate::view::media::label_of;
use rsm_client::v1::ObjectInformation;
use rsm_client::v1::object_information::Info;
use rsm_client::{ClientError, Session};
use rsm_model::call::CreatePoolCall;
use rsm_model::generated::constants::create::NTMS_OPEN_EXISTING;
use rsm_model::{Code, Guid, ObjectType};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// What lists the pools.
const POOLS: &str = "rsm pool list";

/// An object as the service described it.
pub type Object = Rc<ObjectInformation>;

/// What the service holds, as far as a command has asked.
pub struct Catalog<'a> {
    session: &'a Session,
    known: RefCell<HashMap<Guid, Object>>,
    paths: RefCell<HashMap<Guid, String>>,
}

impl<'a> Catalog<'a> {
    /// Begins with nothing asked yet.
    pub fn new(session: &'a Session) -> Self {
        Self { session, known: RefCell::default(), paths: RefCell::default() }
    }

    /// Gives the session behind it.
    pub fn session(&self) -> &'a Session {
        self.session
    }

    /// Lists the objects of a kind, all or those in a container. One that goes away between the list and its
    /// description is left out.
    pub fn list(&self, container: Option<Guid>, kind: ObjectType) -> Result<Vec<Object>, Problem> {
        let ids = self.session.enumerate(container, kind.number(), 0)?;
        let mut objects = Vec::with_capacity(ids.len());
        for id in ids {
            match self.get(id) {
                Err(ClientError::Refused(refusal)) if refusal.code() == Some(Code::ObjectNotFound) => {}
                object => objects.push(object?),
            }
        }
        Ok(objects)
    }

    /// Describes an object.
    pub fn get(&self, id: Guid) -> Result<Object, ClientError> {
        if let Some(object) = self.known.borrow().get(&id) {
            return Ok(Rc::clone(object));
        }
        let object = Rc::new(self.session.information(id, 0)?);
        self.known.borrow_mut().insert(id, Rc::clone(&object));
        Ok(object)
    }

    /// Describes the object with an id as text; none for no id, and for an object that is gone or closed to the
    /// caller.
    pub fn look_up(&self, id: Option<&str>) -> Result<Option<Object>, Problem> {
        let Some(id) = id.and_then(|id| id.parse::<Guid>().ok()).filter(|id| !id.is_null()) else {
            return Ok(None);
        };
        match self.get(id) {
            Ok(object) => Ok(Some(object)),
            Err(ClientError::Refused(refusal))
                if matches!(refusal.code(), Some(Code::ObjectNotFound | Code::AccessDenied)) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the name of the object with an id as text; empty where there is none.
    pub fn name_of(&self, id: Option<&str>) -> Result<String, Problem> {
        Ok(self.look_up(id)?.map(|object| object.name.clone()).unwrap_or_default())
    }

    /// Finds a library by id or name.
    pub fn library(&self, text: &str) -> Result<Object, Problem> {
        self.find(text, ObjectType::Library, "rsm library list", |object| object.name == text)
    }

    /// Finds the library that a list is limited to, if it is.
    pub fn container(&self, library: Option<&str>) -> Result<Option<Guid>, Problem> {
        library.map(|text| self.library(text).and_then(|object| id_of(&object))).transpose()
    }

    /// Finds a drive by id, name or number.
    pub fn drive(&self, text: &str) -> Result<Object, Problem> {
        let number: Option<u32> = text.parse().ok();
        self.find(text, ObjectType::Drive, "rsm drive list", |object| {
            let by_number = matches!(&object.info, Some(Info::Drive(drive)) if Some(drive.number) == number);
            object.name == text || by_number
        })
    }

    /// Finds a medium by id, bar code or name. The id may be that of a side or a logical medium too; then that is
    /// what is found.
    pub fn medium(&self, text: &str) -> Result<Object, Problem> {
        if let Ok(id) = text.parse::<Guid>() {
            let object = self.get(id)?;
            return match object.info {
                Some(Info::PhysicalMedia(_) | Info::Partition(_) | Info::LogicalMedia(_)) => Ok(object),
                _ => Err(wrong_kind(&object, "medium", "rsm media list")),
            };
        }
        self.find(text, ObjectType::PhysicalMedium, "rsm media list", |object| {
            let by_code =
                matches!(&object.info, Some(Info::PhysicalMedia(medium)) if medium.bar_code == text);
            object.name == text || by_code
        })
    }

    /// Lists all pools, those above before those in them.
    pub fn pools(&self) -> Result<Vec<Object>, Problem> {
        let mut pools = self.list(None, ObjectType::MediaPool)?;
        let mut at = 0;
        while let Some(pool) = pools.get(at).cloned() {
            if matches!(&pool.info, Some(Info::MediaPool(held)) if held.number_of_media_pools > 0) {
                pools.extend(self.list(Some(id_of(&pool)?), ObjectType::MediaPool)?);
            }
            at += 1;
        }
        Ok(pools)
    }

    /// Gives the path of a pool by its id as text; empty where the caller may not see the pool.
    pub fn path_of(&self, id: &str) -> Result<String, Problem> {
        let Some(id) = id.parse::<Guid>().ok().filter(|id| !id.is_null()) else { return Ok(String::new()) };
        if let Some(path) = self.paths.borrow().get(&id) {
            return Ok(path.clone());
        }
        let path = match self.session.pool_name(Some(id)) {
            Ok(path) => path,
            Err(ClientError::Refused(refusal))
                if matches!(refusal.code(), Some(Code::InvalidMediaPool | Code::AccessDenied)) =>
            {
                String::new()
            }
            Err(error) => return Err(error.into()),
        };
        self.paths.borrow_mut().insert(id, path.clone());
        Ok(path)
    }

    /// Finds a pool by id or path; what a path is, the service knows.
    pub fn pool(&self, text: &str) -> Result<Object, Problem> {
        if let Ok(id) = text.parse::<Guid>() {
            let object = self.get(id)?;
            let fitting = object.object_type == ObjectType::MediaPool.number();
            return if fitting { Ok(object) } else { Err(wrong_kind(&object, "media pool", POOLS)) };
        }
        let call = CreatePoolCall {
            name: Some(text.to_owned()),
            media_type: None,
            action: NTMS_OPEN_EXISTING,
            security: None,
        };
        let id = self.session.create_pool(&call).map_err(|error| match error {
            ClientError::Refused(refusal) if refusal.code() == Some(Code::ObjectNotFound) => {
                not_found(text, ObjectType::MediaPool, POOLS)
            }
            error => error.into(),
        })?;
        Ok(self.get(id)?)
    }

    /// Finds a media type by id, name or number.
    pub fn media_type(&self, text: &str) -> Result<Object, Problem> {
        let number: Option<u32> = text.parse().ok();
        self.find(text, ObjectType::MediaType, "rsm media-type list", |object| {
            let by_number =
                matches!(&object.info, Some(Info::MediaType(kind)) if Some(kind.media_type) == number);
            object.name == text || by_number
        })
    }

    /// Finds a side: by its id, or as the only side of a medium.
    pub fn side(&self, text: &str) -> Result<Object, Problem> {
        let object = self.medium(text)?;
        if matches!(&object.info, Some(Info::Partition(_))) {
            return Ok(object);
        }
        let mut sides = self.list(Some(id_of(&object)?), ObjectType::Side)?;
        match sides.len() {
            1 => Ok(sides.remove(0)),
            0 => {
                let cause = format!("{} has no side that you may use.", label_of(&object));
                Err(Problem::refused(Code::InvalidMedia, cause, "see what there is: rsm media list"))
            }
            _ => Err(several_sides(text, &object, &sides)),
        }
    }

    /// Finds a logical medium: by id or name, or as the only one that owns a side of a medium.
    pub fn logical_medium(&self, text: &str) -> Result<Object, Problem> {
        if text.parse::<Guid>().is_err() {
            let named = self.list(None, ObjectType::LogicalMedium)?;
            let mut named: Vec<Object> = named.into_iter().filter(|object| object.name == text).collect();
            match named.len() {
                0 => {}
                1 => return Ok(named.remove(0)),
                _ => return Err(ambiguous(text, ObjectType::LogicalMedium, &named)),
            }
        }
        let object = self.medium(text)?;
        let sides = match &object.info {
            Some(Info::LogicalMedia(_)) => return Ok(object),
            Some(Info::Partition(_)) => vec![Rc::clone(&object)],
            _ => self.list(Some(id_of(&object)?), ObjectType::Side)?,
        };
        let mut owners = Vec::new();
        for side in sides {
            let Some(Info::Partition(side)) = &side.info else { continue };
            owners.extend(self.look_up(side.logical_media.as_deref())?);
        }
        match owners.len() {
            1 => Ok(owners.remove(0)),
            0 => {
                let cause = format!("no side of {} is allocated.", label_of(&object));
                let next = format!("see its sides: rsm media show {}", object.id);
                Err(Problem::refused(Code::InvalidMedia, cause, next))
            }
            _ => Err(ambiguous(text, ObjectType::LogicalMedium, &owners)),
        }
    }

    /// Finds an object of any kind by id, or of a given one by what names it.
    pub fn object(&self, text: &str, kind: Option<ObjectType>) -> Result<Object, Problem> {
        let by_name = |object: &ObjectInformation| object.name == text;
        match kind {
            None => match text.parse::<Guid>() {
                Ok(id) => Ok(self.get(id)?),
                Err(_) => Err(Problem::usage(
                    format!("{text:?} is no id, and names are many kinds' own."),
                    "say what it names, such as --kind medium, or give an id.",
                )),
            },
            Some(ObjectType::MediaPool) => self.pool(text),
            Some(ObjectType::Drive) => self.drive(text),
            Some(ObjectType::MediaType) => self.media_type(text),
            Some(ObjectType::LogicalMedium) => self.logical_medium(text),
            Some(ObjectType::PhysicalMedium) => {
                let object = self.medium(text)?;
                let fitting = object.object_type == ObjectType::PhysicalMedium.number();
                if fitting { Ok(object) } else { Err(wrong_kind(&object, "medium", "rsm media list")) }
            }
            Some(kind @ (ObjectType::Slot | ObjectType::Port)) => {
                self.find(text, kind, "rsm slot list", by_name)
            }
            Some(kind) => self.find(text, kind, "rsm library list", by_name),
        }
    }

    /// Finds a library request by id.
    pub fn request(&self, text: &str) -> Result<Object, Problem> {
        self.find(text, ObjectType::LibraryRequest, "rsm request list", |_| false)
    }

    /// Finds an operator request by id.
    pub fn operator_request(&self, text: &str) -> Result<Object, Problem> {
        self.find(text, ObjectType::OperatorRequest, "rsm operator list", |_| false)
    }

    fn find(
        &self,
        text: &str,
        kind: ObjectType,
        lister: &str,
        fits: impl Fn(&ObjectInformation) -> bool,
    ) -> Result<Object, Problem> {
        if let Ok(id) = text.parse::<Guid>() {
            let object = self.get(id)?;
            let fitting = object.object_type == kind.number();
            return if fitting { Ok(object) } else { Err(wrong_kind(&object, kind.word(), lister)) };
        }
        let mut found: Vec<Object> =
            self.list(None, kind)?.into_iter().filter(|object| fits(object)).collect();
        match found.len() {
            0 => Err(not_found(text, kind, lister)),
            1 => Ok(found.remove(0)),
            _ => Err(ambiguous(text, kind, &found)),
        }
    }
}

/// Gives the id of an object.
pub fn id_of(object: &ObjectInformation) -> Result<Guid, Problem> {
    object.id.parse().map_err(|error| {
        let cause = format!("the service described an object whose id cannot be read: {error}");
        Problem::refused(Code::InvalidOperation, cause, "check that rsm and rsmd are of the same version.")
    })
}

fn not_found(text: &str, kind: ObjectType, lister: &str) -> Problem {
    let how = match kind {
        ObjectType::PhysicalMedium => "bar code or name",
        ObjectType::Drive => "name or number",
        ObjectType::MediaType => "name or number",
        ObjectType::MediaPool => "path",
        ObjectType::LibraryRequest => "id",
        _ => "name",
    };
    let cause = format!("there is no {} with the {how} {text:?}.", kind.word());
    Problem::refused(Code::ObjectNotFound, cause, format!("see what there is: {lister}"))
}

fn wrong_kind(object: &ObjectInformation, wanted: &str, lister: &str) -> Problem {
    let cause = format!("{} is a {}, and a {wanted} is wanted.", object.id, object.kind);
    Problem::usage(cause, format!("see what there is: {lister}"))
}

/// A side has no name of its own here: it is shown by that of its cartridge (M-52), and by its letter.
fn several_sides(text: &str, medium: &Object, sides: &[Object]) -> Problem {
    let name = label_of(medium);
    let candidates: Vec<String> = sides
        .iter()
        .map(|object| {
            let second = matches!(&object.info, Some(Info::Partition(side)) if side.side > 0);
            format!("\n       {}  {name}, side {}", object.id, if second { 'B' } else { 'A' })
        })
        .collect();
    let cause = format!("{text:?} names {} sides:{}", sides.len(), candidates.concat());
    Problem::usage(cause, "name one of them by its id.")
}

fn ambiguous(text: &str, kind: ObjectType, found: &[Object]) -> Problem {
    let mut candidates: Vec<String> =
        found.iter().map(|object| format!("\n       {}  {}", object.id, label_of(object))).collect();
    candidates.sort();
    let cause =
        format!("{text:?} names {} objects of kind {}:{}", found.len(), kind.word(), candidates.concat());
    Problem::usage(cause, "name one of them by its id.")
}
