//! How the drives of a library are cleaned: `[library.cleaning]` in the configuration.

use serde::Deserialize;

/// The keys of `[library.cleaning]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cleaning {
    /// Who cleans.
    pub by: By,
    /// How often a drive is cleaned in a week without being asked for.
    pub most_a_week: Option<u32>,
    /// Cleaned after so many mounts, though the drive does not ask.
    pub after_mounts: Option<std::num::NonZeroU32>,
    /// Cleaned after so many hours, though the drive does not ask.
    pub after_hours: Option<std::num::NonZeroU32>,
}

/// Who cleans the drives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The service, with the cleaner that it knows.
    #[default]
    Service,
    /// The library by itself, with cartridges that it shows to nobody.
    Library,
}

impl Cleaning {
    /// As the engine wants it.
    pub fn engine(&self) -> rsm_engine::Cleaning {
        let standard = rsm_engine::Cleaning::default();
        rsm_engine::Cleaning {
            by_service: self.by == By::Service,
            most_a_week: self.most_a_week.unwrap_or(standard.most_a_week),
            after_mounts: self.after_mounts.map(std::num::NonZeroU32::get),
            after_hours: self.after_hours.map(std::num::NonZeroU32::get),
        }
    }

    /// For whoever checks a configuration.
    pub fn words(&self) -> String {
        let engine = self.engine();
        if !engine.by_service {
            return "by the library itself".to_string();
        }
        let mut text = match engine.most_a_week {
            0 => "only when asked for".to_string(),
            most => format!("when a drive asks, at most {most} times a week"),
        };
        if let Some(mounts) = engine.after_mounts {
            text += &format!(", and after {mounts} mounts");
        }
        if let Some(hours) = engine.after_hours {
            text += &format!(", and after {hours} hours");
        }
        text
    }
}
