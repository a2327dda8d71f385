//! The function table (docs/spec/functions) as the gate, the faces and the server read it.
//!
//! What: one [`FunctionSpec`] per function of the interface: effect, queueing, operation code, the
//! rights that the gate demands, the shapes of its parameters, its documented codes. Why: a function
//! is declared in one place; nobody else lists rights or parameters. Invariant: [`FUNCTIONS`] stands
//! in the order of [`FunctionName`], so a name finds its entry by its number.

use super::codes::Code;

/// What a function does to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Reads only; never waits at the desk.
    Read,
    /// Changes objects; passes the desk.
    Change,
    /// Opens, closes or serves what belongs to a session.
    Session,
}

/// Whether success means "accepted as a library request" or "done".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Queued {
    /// Success means accepted; the outcome stands in the library request.
    Yes,
    /// Success means done.
    No,
}

/// Whether the function has a handler in this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Implemented {
    /// It has a handler.
    Yes,
    /// It answers `ERROR_CALL_NOT_IMPLEMENTED`.
    No,
}

/// Which way a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the caller.
    In,
    /// To the caller.
    Out,
    /// Both ways.
    InOut,
}

/// Whether a parameter may be left out (NULL at the C border).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Optional {
    /// It may.
    Yes,
    /// It may not.
    No,
}

/// One access right that the gate demands (docs/spec/processes.md P-220, P-225).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GateRule {
    /// The right.
    pub right: Right,
    /// Whose access list is asked.
    pub scope: Scope,
    /// The parameter that names the object from which the scope is found, if one does.
    pub param: Option<&'static str>,
    /// The condition under which the rule holds.
    pub when: When,
}

/// One parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParamSpec {
    /// The name of the C prototype.
    pub name: &'static str,
    /// What kind of thing it is; each face converts each shape once.
    pub shape: Shape,
    /// Which way it travels.
    pub direction: Direction,
    /// Whether it may be left out.
    pub optional: Optional,
}

/// One function of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionSpec {
    /// The function.
    pub id: FunctionName,
    /// Its name, without A or W.
    pub name: &'static str,
    /// Its family, as the documentation calls it.
    pub family: &'static str,
    /// Its family's service on the wire: the full path is `/rsm.v1.<service>/<name>`.
    pub service: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it does to the service.
    pub effect: Effect,
    /// Whether success means "accepted as a library request".
    pub queued: Queued,
    /// The `NTMS_LM_*` code of its library request, where one code alone says it.
    pub operation: Option<u32>,
    /// The rights that the gate demands; empty: an open session is enough.
    pub gate: &'static [GateRule],
    /// Its parameters, in the order of the C prototype.
    pub params: &'static [ParamSpec],
    /// The codes that its page documents. Any function may besides answer `NotReady`,
    /// `InvalidHandle`, `NotConnected` and `CallNotImplemented`.
    pub codes: &'static [Code],
    /// Whether it has a handler.
    pub implemented: Implemented,
}

impl FunctionName {
    /// Gives the function's entry.
    pub const fn spec(self) -> &'static FunctionSpec {
        &FUNCTIONS[self as usize]
    }

    /// Gives the documented name.
    pub const fn as_str(self) -> &'static str {
        self.spec().name
    }

    /// Finds a function by its documented name.
    pub fn from_name(name: &str) -> Option<FunctionName> {
        function(name).map(|spec| spec.id)
    }
}

/// Finds a function by its documented name.
pub fn function(name: &str) -> Option<&'static FunctionSpec> {
    FUNCTIONS.iter().find(|spec| spec.name == name)
}

