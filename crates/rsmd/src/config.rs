//! The configuration file: what the manager manages, and where.
//!
//! ```text
//! [manager]   socket, database, state_dir, admin_group, operator_group, worker
//! [limits]    move_ms, load_ms, ...          how long things may take; rsm_engine::Limits has the defaults
//! [[library]] name, changer, drives, door, inventory, label_reads_per_hour, media_type
//!             without a changer: one drive that stands alone
//! [library.cleaning] by, most_a_week, after_mounts, after_hours    how its drives are cleaned
//! [[library.rule]] bar_code, media_type, pool    decisions about new cartridges
//! [delivery]  log, [[delivery.mail]], [[delivery.webhook]]    who is told what people are asked to do
//! ```
//!
//! Why strict: a key that is misspelt and ignored is a group without rights or a drive without a bay. Every key that
//! is not known is refused with its line and the nearest key that is.
//!
//! Invariant: a [`Config`] that was read is one the desk can be opened with; what needs the machine (groups, folders,
//! the worker's binary) is looked at by [`Config::warnings`] and by the start itself.

mod cleaning;
pub mod delivery;
mod intake;

pub use cleaning::{By, Cleaning};
pub use delivery::Delivery;
pub use intake::{MediaType, Rule};

use rsm_engine::api::{DeviceConfiguration, LibraryConfiguration};
use rsm_engine::{Configuration, Limits};
use rsm_model::record::InventoryMethod;
use rsm_step::DeviceKey;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The manager itself.
    #[serde(default)]
    pub manager: Manager,
    /// How long things may take.
    #[serde(default)]
    pub limits: LimitTable,
    /// Who is told what people are asked to do.
    #[serde(default)]
    pub delivery: Delivery,
    /// The libraries.
    #[serde(default, rename = "library")]
    pub libraries: Vec<Library>,
}

/// `[manager]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manager {
    /// Unix socket that it listens on.
    pub socket: PathBuf,
    /// Database file; `rsm.db` in the state folder unless given.
    pub database: Option<PathBuf>,
    /// Folder of its state; made if missing.
    pub state_dir: PathBuf,
    /// Members are administrators.
    pub admin_group: Option<String>,
    /// Members are operators.
    pub operator_group: Option<String>,
    /// The worker's binary; beside this one unless given.
    pub worker: Option<PathBuf>,
}

impl Default for Manager {
    fn default() -> Self {
        Self {
            socket: "/run/rsm/rsm.sock".into(),
            database: None,
            state_dir: "/var/lib/rsm".into(),
            admin_group: None,
            operator_group: None,
            worker: None,
        }
    }
}

macro_rules! limit_table {
    ($($field:ident),+ $(,)?) => {
        /// `[limits]`: milliseconds; what is left out has the engine's default.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct LimitTable {
            $(#[doc = concat!("See `rsm_engine::Limits::", stringify!($field), "`.")] pub $field: Option<u64>,)+
        }

        impl LimitTable {
            /// The limits with the engine's defaults filled in.
            pub fn filled(&self) -> Limits {
                let defaults = Limits::default();
                Limits { $($field: self.$field.unwrap_or(defaults.$field),)+ ..defaults }
            }

            /// The limits that are given, by key.
            fn given(&self) -> Vec<(&'static str, u64)> {
                let all = [$((stringify!($field), self.$field),)+];
                all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
            }
        }
    };
}

limit_table!(
    probe_ms,
    read_ms,
    initialize_ms,
    move_ms,
    load_ms,
    unload_ms,
    blocks_ms,
    lease_ms,
    probe_again_ms,
    poll_ms
);

/// `[[library]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Key and first display name.
    pub name: String,
    /// Address of the robot; without it the library is one drive that stands alone.
    pub changer: Option<String>,
    /// The drives.
    pub drives: Vec<Drive>,
    /// Whether it has a door that hands get by `rsm library door`.
    #[serde(default)]
    pub door: bool,
    /// Default inventory.
    #[serde(default)]
    pub inventory: Inventory,
    /// How many labels an idle library may read in an hour without being asked; 0 reads none.
    #[serde(default)]
    pub label_reads_per_hour: u32,
    /// Type of cartridges of which neither a rule nor the bar code says it.
    pub media_type: Option<MediaType>,
    /// How its drives are cleaned.
    #[serde(default)]
    pub cleaning: Cleaning,
    /// What is decided about new cartridges; the first rule that fits a bar code holds.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// A drive: an address alone, or a table with its bay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// Address of the drive.
    pub address: String,
    /// Element address of its bay, where the changer does not tell.
    pub bay: Option<u16>,
}

/// Default inventory of a library that is seen for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inventory {
    /// Not at all.
    None,
    /// By bar code, or by difference.
    #[default]
    Fast,
    /// Every label.
    Full,
}

impl From<Inventory> for InventoryMethod {
    fn from(inventory: Inventory) -> Self {
        match inventory {
            Inventory::None => InventoryMethod::None,
            Inventory::Fast => InventoryMethod::Fast,
            Inventory::Full => InventoryMethod::Full,
        }
    }
}

impl<'de> Deserialize<'de> for Drive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            address: String,
            bay: Option<u16>,
        }

        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Drive;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an address, or a table { address = \"...\", bay = 256 }")
            }
            fn visit_str<E>(self, address: &str) -> Result<Drive, E> {
                Ok(Drive { address: address.to_string(), bay: None })
            }
            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Drive, M::Error> {
                let Table { address, bay } = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Drive { address, bay })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{} cannot be read ({source}); name the configuration file with --config", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{}, line {line}: {message}", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong, with the nearest known key for one that is not known.
        message: String,
    },
    /// The values contradict each other.
    #[error("{}: {}", path.display(), problems.join("; "))]
    Values {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problems: Vec<String>,
    },
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`], with the line where there is one.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_path_buf(), source })?;
        Self::parse(path, &text)
    }

    /// Reads a configuration from its text; `path` is for messages.
    ///
    /// # Errors
    /// [`ConfigError`], with the line where there is one.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
            ConfigError::Text { path: path.to_path_buf(), line, message: with_nearest(error.message()) }
        })?;
        match config.problems() {
            problems if problems.is_empty() => Ok(config),
            problems => Err(ConfigError::Values { path: path.to_path_buf(), problems }),
        }
    }

    /// What the values say that cannot be.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        problems.extend(check_socket("manager.socket", &self.manager.socket).err());
        let mut names = BTreeMap::new();
        let mut addresses = BTreeMap::new();
        for library in &self.libraries {
            let name = &library.name;
            let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
            if name.is_empty() || name.len() > 63 || !name.chars().all(fits) {
                problems.push(format!(
                    "library {name:?}: a name is 1 to 63 letters, digits, hyphens and underscores"
                ));
            }
            if names.insert(name, ()).is_some() {
                problems.push(format!("library {name:?} is configured twice"));
            }
            problems.extend(stand_alone_problems(library));
            let wrong = library.rules.iter().flat_map(Rule::problems);
            problems.extend(wrong.map(|problem| format!("library {name:?}: {problem}")));
            let mut bays = BTreeMap::new();
            for device in devices(library) {
                let key = &device.key.0;
                if let Err(problem) = check_address(&device.address) {
                    problems.push(format!("{key}: {problem}"));
                }
                if let Some(other) = addresses.insert(device.address.clone(), key.clone()) {
                    problems.push(format!("{key} and {other} have the same address {}", device.address));
                }
                if let Some(other) = device.bay.and_then(|bay| bays.insert(bay, key.clone())) {
                    problems.push(format!("{key} and {other} stand in the same bay"));
                }
            }
        }
        for (key, value) in self.limits.given() {
            if value == 0 {
                problems.push(format!("limits.{key} is 0: nothing can be done in no time"));
            }
        }
        problems.extend(self.delivery.problems());
        problems
    }

    /// What may be meant and is worth a look; none of it stops the manager.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.libraries.is_empty() {
            warnings.push("no [[library]] is configured: there is nothing to manage".to_string());
        }
        let empty = |library: &&Library| library.changer.is_some() && library.drives.is_empty();
        for library in self.libraries.iter().filter(empty) {
            warnings.push(format!("library {} has no drives: nothing can be mounted in it", library.name));
        }
        for library in &self.libraries {
            for (index, rule) in library.rules.iter().enumerate() {
                let hides = |earlier: &&Rule| earlier.bar_code == rule.bar_code || earlier.bar_code == "*";
                if let Some(earlier) = library.rules[..index].iter().find(hides) {
                    warnings.push(format!(
                        "library {}: the rule for {:?} never holds, for the one for {:?} stands before it",
                        library.name, rule.bar_code, earlier.bar_code
                    ));
                }
            }
        }
        let defaults = Limits::default();
        let given = self.limits.filled();
        if given.move_ms < defaults.move_ms || given.load_ms < defaults.load_ms {
            warnings.push(
                "limits.move_ms or limits.load_ms is shorter than slow robots and drives need: what takes longer \
                 is given up, and its elements are fenced until they are read again"
                    .to_string(),
            );
        }
        warnings
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.manager.database.clone().unwrap_or_else(|| self.manager.state_dir.join("rsm.db"))
    }

    /// The configuration as the engine wants it.
    pub fn engine(&self) -> Configuration {
        let library = |library: &Library| LibraryConfiguration {
            name: library.name.clone(),
            changer: changer(library),
            drives: drives(library),
            inventory: library.inventory.into(),
            label_reads_per_hour: library.label_reads_per_hour,
            media_type: library.media_type.map(|kind| kind.code),
            rules: library.rules.iter().map(Rule::engine).collect(),
            cleaning: library.cleaning.engine(),
            door: library.door,
        };
        Configuration {
            libraries: self.libraries.iter().map(library).collect(),
            limits: self.limits.filled(),
        }
    }

    /// Tells a person what would be managed.
    pub fn describe(&self) -> String {
        let mut text =
            format!("socket    {}\ndatabase  {}\n", self.manager.socket.display(), self.database().display());
        for (what, group) in
            [("admins", &self.manager.admin_group), ("operators", &self.manager.operator_group)]
        {
            let group = group.as_deref().map_or("no group".to_string(), |name| format!("group {name}"));
            let _ = writeln!(text, "{what:<9} {group}");
        }
        for (key, value) in self.limits.given() {
            let _ = writeln!(text, "limit     {key} = {value}");
        }
        text += &self.delivery.describe();
        for library in &self.libraries {
            let kind = if library.changer.is_some() { "" } else { "stand-alone drive, " };
            let _ = writeln!(text, "library   {} ({kind}inventory: {:?})", library.name, library.inventory);
            for device in devices(library) {
                let bay = device.bay.map(|bay| format!(", bay {bay}")).unwrap_or_default();
                let _ = writeln!(text, "  {:<20} {}{bay}", device.key.0, device.address);
            }
            if library.door {
                text.push_str("  door                 hands get it by rsm library door\n");
            }
            describe_intake(&mut text, library);
        }
        text
    }
}

/// Tells what is decided about the cartridges of a library.
fn describe_intake(text: &mut String, library: &Library) {
    let reads = match library.label_reads_per_hour {
        0 => "none but those asked for".to_string(),
        count => format!("{count} an hour"),
    };
    let _ = writeln!(text, "  labels read          {reads}");
    if let Some(kind) = library.media_type {
        let _ = writeln!(text, "  media type           {}", kind.name);
    }
    let _ = writeln!(text, "  cleaning             {}", library.cleaning.words());
    for rule in &library.rules {
        let kind = rule.media_type.map(|kind| format!(" are {}", kind.name)).unwrap_or_default();
        let pool = rule.pool.as_ref().map(|pool| format!(", blank ones go to {pool}")).unwrap_or_default();
        let _ = writeln!(text, "  rule                 {}{kind}{pool}", rule.bar_code);
    }
}

/// What a library without a changer must not say (M-37).
fn stand_alone_problems(library: &Library) -> Vec<String> {
    let name = &library.name;
    let mut problems = Vec::new();
    if library.changer.is_some() {
        return problems;
    }
    if library.drives.len() != 1 {
        problems.push(format!(
            "library {name:?} has no changer and {} drives: give the address of its changer, or one drive that stands \
             alone",
            library.drives.len()
        ));
    }
    if library.drives.iter().any(|drive| drive.bay.is_some()) {
        problems
            .push(format!("library {name:?} has no changer, so its drive stands in no bay: leave bay out"));
    }
    problems
}

/// The devices of a library: the changer, if it has one, then the drives.
fn devices(library: &Library) -> Vec<DeviceConfiguration> {
    changer(library).into_iter().chain(drives(library)).collect()
}

fn key(library: &Library, device: &str) -> DeviceKey {
    DeviceKey(format!("{}/{device}", library.name))
}

fn changer(library: &Library) -> Option<DeviceConfiguration> {
    let address = library.changer.clone()?;
    Some(DeviceConfiguration { key: key(library, "changer"), address, bay: None })
}

/// The drives, numbered from 1.
fn drives(library: &Library) -> Vec<DeviceConfiguration> {
    let drive = |(index, drive): (usize, &Drive)| DeviceConfiguration {
        key: key(library, &format!("drive-{}", index + 1)),
        address: drive.address.clone(),
        bay: drive.bay,
    };
    library.drives.iter().enumerate().map(drive).collect()
}

/// The longest path of a Unix socket, in bytes: `sun_path` of `sockaddr_un` has 108, and the last is a zero.
const SOCKET_PATH_BYTES: usize = 107;

/// Says whether a path can be that of a Unix socket.
fn check_socket(what: &str, path: &Path) -> Result<(), String> {
    match path.as_os_str().len() {
        0 => Err(format!("{what} is empty: give the path of a socket")),
        1..=SOCKET_PATH_BYTES => Ok(()),
        length => Err(format!(
            "{what} is {length} bytes long, and the system allows {SOCKET_PATH_BYTES}: choose a shorter path"
        )),
    }
}

/// Says whether an address has one of the forms that workers open.
fn check_address(address: &str) -> Result<(), String> {
    let wrong =
        || format!("{address:?} is no address: sim:SOCKET#LUN or iscsi://HOST[:PORT]/TARGET/LUN is wanted");
    let number = |text: &str| text.parse::<u16>().is_ok();
    if let Some(rest) = address.strip_prefix("sim:") {
        let (socket, lun) = rest.rsplit_once('#').ok_or_else(wrong)?;
        if socket.is_empty() || !number(lun) {
            return Err(wrong());
        }
        check_socket(&format!("the socket of {address:?}"), Path::new(socket))
    } else if let Some(rest) = address.strip_prefix("iscsi://") {
        let parts: Vec<&str> = rest.split('/').collect();
        let [portal, target, lun] = parts.as_slice() else { return Err(wrong()) };
        if target.is_empty() || !number(lun) {
            return Err(wrong());
        }
        // An IPv6 address stands in brackets, and has colons of its own.
        let after_host = portal.rfind(']').map_or(0, |bracket| bracket + 1);
        let (host, port) = match portal[after_host..].find(':') {
            Some(colon) => portal.split_at(after_host + colon),
            None => (*portal, ""),
        };
        match port.strip_prefix(':').map(str::parse::<u16>) {
            _ if host.is_empty() => Err(wrong()),
            None | Some(Ok(1..)) => Ok(()),
            Some(_) => Err(format!("the port in {address:?} is none: a number from 1 to 65535 is wanted")),
        }
    } else {
        Err(wrong())
    }
}

/// Adds the nearest known key to the parser's message about one that is not known.
fn with_nearest(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (true, Some(unknown)) = (message.starts_with("unknown"), quoted.next()) else {
        return message.to_string();
    };
    let nearest = quoted.min_by_key(|known| distance(unknown, known));
    let near_enough = |known: &&str| distance(unknown, known) <= unknown.len().max(known.len()) / 2;
    match nearest.filter(near_enough) {
        Some(known) => format!("{message}; did you mean `{known}`?"),
        None => message.to_string(),
    }
}

/// Counts the letters to add, drop or change between two words.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, against) in other.bytes().enumerate() {
            let change = diagonal + usize::from(letter != against);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsm_engine::api::IntakeRule;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("rsmd.toml"), text).map_err(|error| error.to_string())
    }

    fn refused(text: &str) -> String {
        parse(text).expect_err("it is wrong")
    }

    const GOOD: &str = r#"
        [manager]
        socket = "/tmp/s"
        state_dir = "/tmp/d"
        [limits]
        move_ms = 2000
        [[library]]
        name = "lab"
        changer = "sim:/tmp/lab#0"
        drives = ["sim:/tmp/lab#1", { address = "iscsi://h:3260/iqn.x/2", bay = 257 }]
        door = true
        inventory = "none"
        label_reads_per_hour = 12
        media_type = "lto-8"
        [[library.rule]]
        bar_code = "LAB*L8"
        media_type = "LTO-8"
        pool = '\Lab\Daily'
        [[library.rule]]
        bar_code = "OLD???"
        media_type = 0x27
    "#;

    #[test]
    fn a_good_file_becomes_the_engines_configuration() {
        let config = parse(GOOD).expect("it is good");
        let engine = config.engine();
        let library = &engine.libraries[0];
        assert_eq!(library.changer.as_ref().map(|one| one.key.0.as_str()), Some("lab/changer"));
        let drives: Vec<_> = library.drives.iter().map(|drive| (drive.key.0.as_str(), drive.bay)).collect();
        assert_eq!(drives, [("lab/drive-1", None), ("lab/drive-2", Some(257))]);
        assert_eq!((library.inventory, library.door), (InventoryMethod::None, true));
        assert_eq!((library.label_reads_per_hour, library.media_type), (12, Some(0x107)));
        let rule = |bar_code: &str, media_type, pool: Option<&str>| IntakeRule {
            bar_code: bar_code.into(),
            media_type: Some(media_type),
            pool: pool.map(str::to_string),
        };
        assert_eq!(library.rules, [rule("LAB*L8", 0x107, Some("\\Lab\\Daily")), rule("OLD???", 0x27, None)]);
        assert_eq!(engine.limits, Limits { move_ms: 2000, ..Limits::default() });
        assert_eq!(config.database(), Path::new("/tmp/d/rsm.db"));
        let told = config.describe();
        for line in [
            "  lab/drive-2          iscsi://h:3260/iqn.x/2, bay 257\n",
            "  door                 hands get it by rsm library door\n",
            "  labels read          12 an hour\n",
            "  media type           LTO-8\n",
            "  rule                 LAB*L8 are LTO-8, blank ones go to \\Lab\\Daily\n",
            "  rule                 OLD??? are DLT\n",
        ] {
            assert!(told.contains(line), "{line}: {told}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_key() {
        let message = refused("[manager]\nsoket = \"/tmp/s\"\n");
        assert!(message.starts_with("rsmd.toml, line 2: unknown field `soket`"), "{message}");
        assert!(message.ends_with("did you mean `socket`?"), "{message}");
        let message = refused("[[library]]\nname = \"l\"\nchanger = \"sim:/x#0\"\ndrive = []\ndrives = []\n");
        assert!(message.starts_with("rsmd.toml, line 4:") && message.ends_with("`drives`?"), "{message}");
        let message = refused("[limits]\nmove = 5\n");
        assert!(message.ends_with("did you mean `move_ms`?"), "{message}");
        let message =
            refused("[[library]]\nname=\"l\"\nchanger=\"sim:/x#0\"\ndrives=[{adress=\"sim:/x#1\"}]\n");
        assert!(message.contains("line 4") && message.ends_with("did you mean `address`?"), "{message}");
        let message = refused("[zebra]\n");
        assert!(message.contains("unknown field `zebra`") && !message.contains("did you mean"), "{message}");
    }

    #[test]
    fn values_that_contradict_each_other_are_refused_all_at_once() {
        let message = refused(
            r#"
            [[library]]
            name = "two words"
            changer = "tcp:x"
            drives = [{ address = "sim:/x#1", bay = 1 }, { address = "sim:/x#1", bay = 1 }]
            [limits]
            load_ms = 0
        "#,
        );
        for part in [
            "two words",
            "\"tcp:x\" is no address",
            "have the same address",
            "the same bay",
            "limits.load_ms is 0",
        ] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn rules_that_decide_nothing_or_name_no_pool_are_refused() {
        let library = "[[library]]\nname = \"lab\"\nchanger = \"sim:/x#0\"\ndrives = []\n";
        let rule = |rule: &str| refused(&format!("{library}[[library.rule]]\n{rule}"));
        let message = rule("bar_code = \"A*\"\n");
        assert!(message.contains("library \"lab\": the rule for \"A*\" decides nothing"), "{message}");
        let message = rule("bar_code = \"\"\npool = 'Lab\\'\n");
        assert!(message.contains("a pattern has 1 to 63 characters"), "{message}");
        assert!(message.contains("pool \"Lab\\\\\" is no path"), "{message}");
        let message = rule("bar_code = \"A*\"\npool = '\\Import\\LTO-8'\n");
        assert!(message.contains("only the manager puts media there"), "{message}");
        let message = rule("bar_code = \"A*\"\nmedia_type = \"LTO8\"\n");
        assert!(message.starts_with("rsmd.toml, line 7: "), "{message}");
        assert!(message.ends_with("\"LTO8\" is no media type; did you mean \"LTO-8\"?"), "{message}");
        let message = rule("bar_code = \"A*\"\nmedia_type = 0x999\n");
        assert!(message.contains("0x999 is no media type; docs/reference/media-types.md"), "{message}");
        let message = rule("bar_cod = \"A*\"\npool = 'Lab'\n");
        assert!(message.ends_with("did you mean `bar_code`?"), "{message}");
        let message = refused(&format!("{library}label_reads_per_hour = -1\n"));
        assert!(message.starts_with("rsmd.toml, line 5: "), "{message}");
    }

    #[test]
    fn a_rule_that_can_never_hold_is_warned_of() {
        let library = "[[library]]\nname = \"lab\"\nchanger = \"sim:/x#0\"\ndrives = [\"sim:/x#1\"]\n";
        let rules = "[[library.rule]]\nbar_code = \"*\"\npool = 'Lab'\n[[library.rule]]\nbar_code = \"A*\"\npool = 'Lab'\n";
        let warnings = parse(&format!("{library}{rules}")).expect("it is good").warnings();
        assert_eq!(
            warnings,
            ["library lab: the rule for \"A*\" never holds, for the one for \"*\" stands before it"]
        );
    }

    #[test]
    fn a_library_without_a_changer_is_one_drive() {
        let config =
            parse("[[library]]\nname = \"desk\"\ndrives = [\"sim:/tmp/desk#0\"]\n").expect("it is good");
        let engine = config.engine();
        assert_eq!(engine.libraries[0].changer, None);
        assert_eq!(engine.libraries[0].drives[0].key, DeviceKey("desk/drive-1".into()));
        assert!(config.describe().contains("library   desk (stand-alone drive, inventory: Fast)\n"));
        assert_eq!(config.warnings(), Vec::<String>::new());
        for drives in ["", "\"sim:/x#0\", \"sim:/x#1\""] {
            let message = refused(&format!("[[library]]\nname = \"desk\"\ndrives = [{drives}]\n"));
            assert!(message.contains("one drive that stands alone"), "{message}");
        }
        let message =
            refused("[[library]]\nname = \"desk\"\ndrives = [{ address = \"sim:/x#0\", bay = 256 }]\n");
        assert!(message.contains("stands in no bay"), "{message}");
        let message = refused("[[library]]\nname = \"desk\"\nchanger = \"\"\ndrives = [\"sim:/x#0\"]\n");
        assert!(message.contains("desk/changer: \"\" is no address"), "{message}");
    }

    #[test]
    fn an_empty_file_is_allowed_and_warned_of() {
        let config = parse("").expect("all has defaults");
        assert_eq!(config.manager.socket, Path::new("/run/rsm/rsm.sock"));
        assert!(config.warnings()[0].contains("nothing to manage"));
        assert!(parse(GOOD).expect("good").warnings()[0].contains("move_ms"));
    }

    #[test]
    fn addresses_have_two_forms() {
        for good in ["sim:/run/x.sock#0", "iscsi://127.0.0.1:3260/iqn.2026-11.lab:vtl/3", "iscsi://h/t/0"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        assert_eq!(check_address("iscsi://[2001:db8::1]:3260/iqn.x/1"), Ok(()));
        assert_eq!(check_address("iscsi://[2001:db8::1]/iqn.x/1"), Ok(()));
        for bad in [
            "",
            "sim:/x",
            "sim:#1",
            "sim:/x#one",
            "iscsi://h/t",
            "iscsi:///t/1",
            "iscsi://:1/t/1",
            "/dev/sg3",
        ] {
            let told = check_address(bad).expect_err(bad);
            assert!(told.contains("is no address"), "{told}");
        }
        for port in ["0", "65536", "99999", "-1", "x", ""] {
            let told = check_address(&format!("iscsi://h:{port}/t/1")).expect_err(port);
            assert!(told.contains("from 1 to 65535"), "{told}");
        }
    }

    #[test]
    fn a_socket_path_has_a_longest_length() {
        let path = |length: usize| format!("/{}", "s".repeat(length - 1));
        let config = |length| parse(&format!("[manager]\nsocket = {:?}\n", path(length)));
        config(107).expect("it fits");
        let told = config(108).expect_err("it is too long");
        assert!(told.contains("manager.socket is 108 bytes long, and the system allows 107"), "{told}");
        assert!(parse("[manager]\nsocket = \"\"\n").expect_err("it is none").contains("is empty"));
        assert!(check_address(&format!("sim:{}#1", path(108))).expect_err("too long").contains("108 bytes"));
    }
}
