//! From what people type to objects: by id, bar code, display name or drive number.
//!
//! What: a [`Catalog`] over one session, which asks the service for each object once. Why names are resolved here
//! and not by the service: names need not be unique (M-53), and whoever types one must be told so (C-5) instead
//! of getting the first that fits. Invariant: a name that several objects have is never guessed.

use crate::problem::Problem;
use crate::view::media::label_of;
use rsm_client::v1::ObjectInformation;
use rsm_client::v1::object_information::Info;
use rsm_client::{ClientError, Session};
use rsm_model::{Code, Guid, ObjectType};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// An object as the service described it.
pub type Object = Rc<ObjectInformation>;

/// What the service holds, as far as a command has asked.
pub struct Catalog<'a> {
    session: &'a Session,
    known: RefCell<HashMap<Guid, Object>>,
}

impl<'a> Catalog<'a> {
    /// Begins with nothing asked yet.
    pub fn new(session: &'a Session) -> Self {
        Self { session, known: RefCell::default() }
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

    /// Finds a library request by id.
    pub fn request(&self, text: &str) -> Result<Object, Problem> {
        self.find(text, ObjectType::LibraryRequest, "rsm request list", |_| false)
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

fn ambiguous(text: &str, kind: ObjectType, found: &[Object]) -> Problem {
    let mut candidates: Vec<String> =
        found.iter().map(|object| format!("\n       {}  {}", object.id, label_of(object))).collect();
    candidates.sort();
    let cause =
        format!("{text:?} names {} objects of kind {}:{}", found.len(), kind.word(), candidates.concat());
    Problem::usage(cause, "name one of them by its id.")
}
